//! The cache on the command line.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up must fail")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use fic_testkit::valid;

fn run(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fastimagecache"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs")
}

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Two pictures in `photos`, and something that is none.
fn with_photos() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    fs::create_dir(&photos).unwrap();
    for name in ["a.jpg", "b.jpg"] {
        fs::copy(valid::corpus().join("samples/garden.jpg"), photos.join(name)).unwrap();
    }
    fs::write(photos.join("notes.txt"), "no picture").unwrap();
    folder
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let shards = fs::read_dir(folder.join("cache/v1")).unwrap();
    shards
        .flat_map(|shard| fs::read_dir(shard.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect()
}

const SMALL: [&str; 4] = ["--size", "40", "--format", "webp"];

#[test]
fn what_was_warmed_is_not_made_again() {
    let folder = with_photos();
    let at = folder.path();
    let warm = [&["warm", "photos", "--cache", "cache"], &SMALL[..]].concat();
    let first = run(&warm, at);
    assert_eq!(first.status.code(), Some(12), "one of them is no picture: {}", err(&first));
    assert!(err(&first).ends_with("2 made, 0 from the cache, 1 failed\n"), "{}", err(&first));
    assert!(err(&run(&warm, at)).ends_with("0 made, 2 from the cache, 1 failed\n"));
    let thumb =
        [&["thumb", "photos/a.jpg", "photos/b.jpg", "-o", "out", "--cache", "cache"], &SMALL[..]].concat();
    let made = run(&thumb, at);
    assert!(
        made.status.success() && err(&made).ends_with("0 made, 2 from the cache, 0 failed\n"),
        "{}",
        err(&made)
    );
    let plain = [&["thumb", "photos/a.jpg", "-o", "plain.webp"], &SMALL[..]].concat();
    out(&run(&plain, at));
    assert_eq!(fs::read(at.join("out/a.webp")).unwrap(), fs::read(at.join("plain.webp")).unwrap());
    // A changed file is another source.
    fs::write(at.join("photos/b.jpg"), fs::read(valid::corpus().join("samples/garden.jpg")).unwrap())
        .unwrap();
    assert!(err(&run(&thumb, at)).ends_with("1 made, 1 from the cache, 0 failed\n"));
}

#[test]
fn a_cache_is_looked_at_verified_trimmed_purged_and_cleared() {
    let folder = with_photos();
    let at = folder.path();
    run(&[&["warm", "photos", "--cache", "cache"], &SMALL[..]].concat(), at);
    let bytes: u64 = fs::metadata(&entries(at)[0]).unwrap().len();
    assert_eq!(out(&run(&["cache", "stat", "cache"], at)), format!("entries 2\nbytes {}\n", 2 * bytes));
    assert!(out(&run(&["cache", "verify", "cache"], at)).starts_with("2 entries whole"));
    assert_eq!(out(&run(&["cache", "purge", "cache", "photos/a.jpg"], at)), "1 entries removed\n");
    assert_eq!(out(&run(&["cache", "trim", "cache", "--to", "1M"], at)), "0 bytes evicted\n");
    assert_eq!(out(&run(&["cache", "trim", "cache", "--to", "0"], at)), format!("{bytes} bytes evicted\n"));
    run(&[&["warm", "photos", "--cache", "cache"], &SMALL[..]].concat(), at);
    assert_eq!(out(&run(&["cache", "clear", "cache"], at)), "2 entries removed\n");
    assert_eq!(entries(at).len(), 0);
}

#[test]
fn damaged_entries_are_named_and_deleted() {
    let folder = with_photos();
    let at = folder.path();
    run(&[&["warm", "photos", "--cache", "cache"], &SMALL[..]].concat(), at);
    let file = &entries(at)[0];
    let mut bytes = fs::read(file).unwrap();
    bytes[4100] ^= 1;
    fs::remove_file(file).unwrap();
    fs::write(file, bytes).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o400)).unwrap();
    let verified = run(&["cache", "verify", "cache"], at);
    assert_eq!(verified.status.code(), Some(10));
    let name = file.strip_prefix(at).unwrap().display();
    assert_eq!(err(&verified), format!("{name}: malformed: payload_checksum\n"));
    assert!(out(&run(&["cache", "verify", "cache"], at)).starts_with("1 entries whole"));
}

#[test]
fn looking_after_a_cache_that_is_none_makes_none_and_says_so() {
    let folder = with_photos();
    for command in ["stat", "verify", "clear"] {
        let refused = run(&["cache", command, "photos"], folder.path());
        assert_eq!(refused.status.code(), Some(14));
        assert!(err(&refused).contains("there is no cache"), "{}", err(&refused));
    }
    let refused = run(&["warm", "photos/a.jpg", "--cache", "photos"], folder.path());
    assert_eq!(refused.status.code(), Some(14), "{}", err(&refused));
    assert_eq!(fs::read_dir(folder.path().join("photos")).unwrap().count(), 3);
}
