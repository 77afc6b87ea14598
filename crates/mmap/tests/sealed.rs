//! What is sealed is mapped, and nothing else.

#![cfg(all(feature = "sealed", target_os = "linux"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::fd::OwnedFd;

use fic_mmap::SealedMap;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};

fn memfd(bytes: &[u8], seals: SealFlags) -> OwnedFd {
    let mut file = File::from(memfd_create("test", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap());
    file.write_all(bytes).unwrap();
    fcntl_add_seals(&file, seals).unwrap();
    file.into()
}

#[test]
fn sealed_bytes_are_shown_and_nobody_can_change_them() {
    let file = memfd(b"sealed", SealFlags::WRITE | SealFlags::SHRINK);
    let map = SealedMap::of(&file).unwrap();
    assert_eq!(&map[..], b"sealed");
    assert!(rustix::io::pwrite(&file, b"x", 0).is_err());
    assert!(ftruncate(&file, 0).is_err());
    drop(file);
    assert_eq!(&map[..], b"sealed");
}

#[test]
fn what_lacks_a_seal_has_none_or_is_empty_is_refused() {
    for seals in [SealFlags::empty(), SealFlags::WRITE, SealFlags::SHRINK | SealFlags::GROW] {
        assert_eq!(
            SealedMap::of(memfd(b"x", seals)).unwrap_err().kind(),
            ErrorKind::PermissionDenied,
            "{seals:?}"
        );
    }
    let on_disk = tempfile::tempfile().unwrap();
    assert_eq!(SealedMap::of(&on_disk).unwrap_err().kind(), ErrorKind::PermissionDenied);
    let empty = memfd(b"", SealFlags::WRITE | SealFlags::SHRINK);
    assert_eq!(SealedMap::of(empty).unwrap_err().kind(), ErrorKind::InvalidInput);
}
