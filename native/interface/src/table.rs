//! Tables of what crosses the interface.

use std::fmt::Write;

/// How the other side counts a record's fields, or that there are none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In 32-bit words.
    Words,
    /// In bytes.
    Bytes,
    /// Numbers with names.
    Values,
}

/// A field and its offset in bytes, or a name and its value.
pub struct Item {
    pub name: &'static str,
    /// Rust type.
    pub kind: &'static str,
    pub value: u64,
    pub doc: &'static str,
}

/// A record or a set of values.
pub struct Table {
    pub name: &'static str,
    pub form: Form,
    /// Bytes of a record; 0 for values.
    pub size: usize,
    pub doc: &'static str,
    pub items: &'static [Item],
}

/// All tables as lines of words between tabs: form, name, size and description of a table, then
/// name, type, number and description of each item, indented by a tab.
pub fn write_tables(tables: &[&[Table]]) -> String {
    let mut text = String::new();
    for table in tables.iter().copied().flatten() {
        let form = match table.form {
            Form::Words => "words",
            Form::Bytes => "bytes",
            Form::Values => "values",
        };
        let Table {
            name, size, doc, ..
        } = table;
        let _ = writeln!(text, "{form}\t{name}\t{size}\t{}", doc.trim());
        for Item {
            name,
            kind,
            value,
            doc,
        } in table.items
        {
            let _ = writeln!(text, "\t{name}\t{kind}\t{value}\t{}", doc.trim());
        }
    }
    text
}
