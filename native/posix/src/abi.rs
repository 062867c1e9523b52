//! The C functions. Paths come with their length, without a final NUL.

mod descriptors;
mod fuse_pages;
mod identity;
mod locks;
mod loop_devices;
mod mounting;
mod numbered_folders;
mod paths;

use descriptors::*;
use fuse_pages::*;
use identity::*;
use locks::*;
use loop_devices::*;
use mounting::*;
use numbered_folders::*;
use paths::*;

use pbs_native_interface::{Function, functions};

/// All of them.
pub const FUNCTIONS: &[Function] = functions![
    pbs_open(_, _, _, _, _),
    pbs_stat(_, _, _, _),
    pbs_rename(_, _, _, _, _),
    pbs_rename_new(_, _, _, _, _),
    pbs_remove(_, _, _, _),
    pbs_make_folder(_, _, _, _),
    pbs_change_path_owner(_, _, _, _, _),
    pbs_change_path_mode(_, _, _, _),
    pbs_set_times(_, _, _, _),
    pbs_touch(_, _, _),
    pbs_file_system_space(_, _, _),
    pbs_close(_),
    pbs_read_at(_, _, _, _),
    pbs_read_next(_, _, _),
    pbs_write_at(_, _, _, _),
    pbs_read_folder(_, _, _),
    pbs_truncate(_, _),
    pbs_change_mode(_, _),
    pbs_change_owner(_, _, _),
    pbs_sync_file(_),
    pbs_sync_file_system(_),
    pbs_effective_uid(),
    pbs_effective_gid(),
    pbs_umask(_),
    pbs_open_files_max(),
    pbs_leave_terminal(),
    pbs_lock_file(_, _),
    pbs_lock_record(_, _),
    pbs_make_numbered_folders(_, _, _, _, _, _, _),
    pbs_find_free_loop(_),
    pbs_attach_loop(_, _, _),
    pbs_detach_loop(_),
    pbs_store_pages(_, _, _, _, _),
    pbs_open_in_root(_, _, _, _),
    pbs_mount(_, _, _),
];
