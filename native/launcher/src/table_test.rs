use super::*;

const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[test]
fn files_follow_one_another() {
    let text = format!(
        "version 0.1.0\nframe 100 7 12 {ZEROS}\nfile 5 x {ZEROS} deno\nfile 7 - {ZEROS} program/main.js\n"
    );
    let table = Table::parse(&text).ok().unwrap();
    assert_eq!(table.version, "0.1.0");
    assert_eq!(
        (
            table.frames[0].offset,
            table.frames[0].length,
            table.frames[0].size
        ),
        (100, 7, 12)
    );
    let found: Vec<_> = table
        .files
        .iter()
        .map(|file| (file.start, file.size, file.kind, file.path.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (0, 5, Kind::Executable, "deno"),
            (5, 7, Kind::Plain, "program/main.js")
        ]
    );
}

#[test]
fn what_is_no_table_is_refused() {
    let frame = format!("frame 100 7 12 {ZEROS}");
    let file = format!("file 12 - {ZEROS} deno");
    for text in [
        String::new(),
        frame.clone(),
        format!("{frame}\n{file}"),
        format!("version 0.1.0\n{frame}\nfile 12 y {ZEROS} deno"),
        format!("version 0.1.0\n{frame}\nfile 11 - {ZEROS} deno"),
        format!("version 0.1.0\n{frame}\nfile 12 - {ZEROS} ../deno"),
        format!("version 0.1.0\n{frame}\nfile 12 - {ZEROS} /deno"),
        format!("version 0.1.0\n{frame}\nfile 12 - 00 deno"),
        format!("version ../0\n{frame}\n{file}"),
        format!("version 0.1.0\n{frame}\n{file}\nmore"),
        format!("version 0.1.0\nframe 100 7 4294967296 {ZEROS}\n{file}"),
    ] {
        assert!(Table::parse(&text).is_err(), "{text}");
    }
}
