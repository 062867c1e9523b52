use super::*;

fn file(name: &[u8], extras: u32, pieces: &[[u32; 3]]) -> Vec<u8> {
    let mut bytes = vec![0u8; size_of::<ExtractEntry>()];
    bytes.extend_from_slice(name);
    bytes.push(0);
    bytes.resize(padded(bytes.len()), 0);
    for piece in pieces {
        bytes.extend(piece.iter().flat_map(|word| word.to_le_bytes()));
    }
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    let set = |bytes: &mut Vec<u8>, index: usize, value: u32| {
        bytes[index * 4..index * 4 + 4].copy_from_slice(&value.to_le_bytes());
    };
    let length = bytes.len() as u32;
    set(&mut bytes, 0, length);
    set(
        &mut bytes,
        1,
        u32::from(op::FILE) | (name.len() as u32) << 16,
    );
    set(&mut bytes, 8, 7);
    set(&mut bytes, 9, 1);
    set(&mut bytes, 10, extras);
    set(&mut bytes, 11, pieces.len() as u32);
    bytes
}

#[test]
fn a_file_command_gives_name_size_and_pieces() {
    let bytes = file(b"name", 0, &[[1, 2, 3], [0, 9, 4]]);
    let entry = Command::first(&bytes).unwrap().entry().unwrap();
    assert_eq!(entry.name, c"name");
    assert_eq!(entry.size(), 0x1_0000_0007);
    let lengths: Vec<u64> = entry
        .pieces()
        .map(|piece| piece.unwrap().length())
        .collect();
    assert_eq!(lengths, [3, 4]);
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in [&b""[..], b".", b"..", b"a/b", b"/", b"a\0b"] {
        let bytes = file(name, 0, &[]);
        assert!(Command::first(&bytes).unwrap().entry().is_err(), "{name:?}");
    }
}

#[test]
fn no_command_reads_past_its_end() {
    let good = file(b"name", 0, &[[0xffff_ffff, 0, 400], [1, 2, 3]]);
    let entry = Command::first(&good).unwrap().entry().unwrap();
    assert!(entry.pieces().any(|piece| piece.is_err()));
    // Every truncation and every changed word is either refused or stays inside.
    for cut in 0..good.len() {
        assert!(Command::first(&good[..cut]).is_err());
    }
    for index in 0..good.len() / 4 {
        for value in [0, 1, 5, 0xffff, 0xffff_0004, 0x7fff_fff8, 0xffff_ffff] {
            let mut bytes = good.clone();
            bytes[index * 4..index * 4 + 4].copy_from_slice(&u32::to_le_bytes(value));
            let Ok(command) = Command::first(&bytes) else {
                continue;
            };
            if let Ok(entry) = command.entry() {
                assert!(entry.pieces().count() <= 100);
                let _ = entry.link_target();
            }
            if let Ok(pieces) = command.pieces() {
                assert!(pieces.count() <= 100);
            }
        }
    }
}
