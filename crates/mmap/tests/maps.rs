//! What a map shows, keeps and refuses.

#![cfg(all(feature = "map", target_os = "linux"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use std::fs::{self, File};
use std::io::ErrorKind;

use fic_mmap::{ExclusiveDir, Map};

fn exclusive() -> ExclusiveDir {
    // SAFETY: each test maps files of a temporary directory of its own, which it never changes after mapping.
    unsafe { ExclusiveDir::assert() }
}

#[test]
fn shows_the_bytes_and_keeps_them_after_unlink() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("entry");
    let bytes: Vec<u8> = (0..10_000_u32).map(|n| (n % 251) as u8).collect();
    fs::write(&path, &bytes).unwrap();
    let map = Map::of(exclusive(), &File::open(&path).unwrap(), 9_000).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(&map[..], &bytes[..9_000]);
    assert!(map.as_ptr().align_offset(4096) == 0, "a map starts on a page");
}

#[test]
fn refuses_more_bytes_than_the_file_has_and_none_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("entry");
    fs::write(&path, [7; 100]).unwrap();
    let file = File::open(&path).unwrap();
    assert_eq!(Map::of(exclusive(), &file, 101).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert_eq!(Map::of(exclusive(), &file, 0).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_map_may_be_read_by_many_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Map>();
}
