//! What a map shows, keeps and refuses.

#![cfg(all(feature = "map", target_os = "linux"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use std::fs::{self, File};
use std::io::ErrorKind;

use fic_mmap::{ExclusiveDir, Map};

fn exclusive(folder: &tempfile::TempDir) -> ExclusiveDir {
    // SAFETY: each test maps files of a temporary directory of its own, which it never changes after mapping.
    unsafe { ExclusiveDir::assert(&File::open(folder.path()).unwrap()) }.unwrap()
}

#[test]
fn shows_the_bytes_and_keeps_them_after_unlink() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("entry");
    let bytes: Vec<u8> = (0..10_000_u32).map(|n| (n % 251) as u8).collect();
    fs::write(&path, &bytes).unwrap();
    let map = Map::of(&exclusive(&folder), &File::open(&path).unwrap(), 9_000).unwrap();
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
    assert_eq!(Map::of(&exclusive(&folder), &file, 101).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert_eq!(Map::of(&exclusive(&folder), &file, 0).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_map_may_be_read_by_many_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Map>();
}

#[test]
fn the_proof_is_about_one_directory_and_about_no_file() {
    use std::os::linux::fs::MetadataExt;
    let (ours, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let identity = |folder: &tempfile::TempDir| {
        let at = fs::metadata(folder.path()).unwrap();
        (at.st_dev(), at.st_ino())
    };
    let exclusive = exclusive(&ours);
    assert!(exclusive.is_of(identity(&ours)) && !exclusive.is_of(identity(&other)));
    let path = ours.path().join("entry");
    fs::write(&path, [7; 100]).unwrap();
    // SAFETY: nothing is mapped.
    let refused = unsafe { ExclusiveDir::assert(&File::open(&path).unwrap()) };
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::NotADirectory);
}

#[test]
fn a_promise_for_one_folder_opens_no_cache_in_another() {
    use fic_cache::{Backing, Cache, Config};
    use std::os::unix::fs::DirBuilderExt;
    let place = tempfile::tempdir().unwrap();
    let folder = |name: &str| {
        let root = place.path().join(name);
        fs::DirBuilder::new().mode(0o700).create(&root).unwrap();
        root
    };
    let (ours, other) = (folder("ours"), folder("other"));
    // SAFETY: nobody but this test has the folder, and it maps nothing.
    let exclusive = unsafe { ExclusiveDir::assert(&File::open(&ours).unwrap()) }.unwrap();
    let config = Config::new(1 << 20).with_backing(Backing::Mapped(std::sync::Arc::new(exclusive)));
    let refused = Cache::open(&other, config.clone()).unwrap_err();
    let why = std::error::Error::source(&refused).unwrap().to_string();
    assert!(why.contains("another folder"), "{why}");
    assert_eq!(fs::read_dir(&other).unwrap().count(), 0);
    // By another way to the same folder it is the same.
    std::os::unix::fs::symlink(&ours, place.path().join("way")).unwrap();
    assert!(Cache::open(&place.path().join("way"), config.clone()).unwrap().config().is_mapped());
    // A new folder of the same name is another folder.
    fs::rename(&ours, place.path().join("moved")).unwrap();
    assert!(Cache::open(&folder("ours"), config).is_err());
}
