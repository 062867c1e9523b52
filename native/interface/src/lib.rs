//! What the C interfaces of all crates share.
//!
//! A *record* is a structure that crosses the interface as bytes, *values* are the numbers with names
//! in it. Both are declared once, in the `layout` module of the crate they belong to. Each
//! declaration leaves a *table* behind, from which the C header and the TypeScript constants are
//! written (`scripts/write_native_layout.ts`). Each crate lists its C *functions* (`FUNCTIONS`), whose
//! types TypeScript takes over and a C compiler compares with the headers.
//!
//! Things that live longer than a call have numbers ([`Handles`]), never addresses: whatever number
//! comes in, the answer is the thing or EBADF. A call holds what it uses, so that closing meanwhile
//! takes nothing from under it.
//!
//! A panic says that the program is wrong somewhere, and nobody knows what is still right. It ends the
//! process, in every crate and on every thread, before anything else is written or handed out.

mod function;
mod handles;
#[expect(unsafe_code, reason = "turns what the caller passes into slices")]
mod memory;
mod outcome;
#[expect(unsafe_code, reason = "records are seen as bytes")]
mod record;
mod table;
mod values;

pub use function::{Function, Passed, Passing, Pointee, Signature, Type, write_functions};
pub use handles::Handles;
pub use memory::{bytes, bytes_mut};
pub use outcome::{answer, long_answer, unpoisoned};
pub use record::{Plain, Record};
pub use table::{Form, Item, Table, write_tables};
