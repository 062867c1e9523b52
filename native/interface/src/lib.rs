//! What the C interfaces of all crates share.
//!
//! A *record* is a structure that crosses the interface as bytes, *values* are the numbers with names
//! in it. Both are declared once, in the `layout` module of the crate they belong to. Each
//! declaration leaves a *table* behind, from which the C header and the TypeScript constants are
//! written (`scripts/write_native_layout.ts`).

mod record;
mod table;
mod values;

pub use record::{Plain, Record};
pub use table::{Form, Item, Table, write_tables};
