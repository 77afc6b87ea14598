//! Files that are not the entries their names say: always a miss with its own counter, never a wrong picture, a
//! hang or a crash.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

mod fixture;

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use fic_cache::{Cache, Damage, Origin};
use fixture::{Place, check, disk_only, file_of, is_in_order, key, payload, serve};
use rustix::fs::{CWD, FileType, Mode, mknodat};

/// Not a multiple of anything: the last page has a tail.
const LEN: usize = 20_000;
const MIB: u64 = 1 << 20;

struct Scene {
    place: Place,
    cache: Cache,
    file: PathBuf,
    whole: Vec<u8>,
}

impl Scene {
    /// A cache that keeps nothing in memory, with picture 1 in it.
    fn new() -> Scene {
        let place = Place::new();
        let cache = place.open(disk_only(64 * MIB).with_max_entry_bytes(MIB));
        assert_eq!(serve(&cache, 1, LEN).unwrap().origin, Origin::Made);
        let file = file_of(&place.root(), &key(1));
        let whole = fs::read(&file).unwrap();
        Scene { place, cache, file, whole }
    }

    /// Puts these bytes in the place of the entry, as a whole new file: one that is mapped is never changed.
    fn put(&self, bytes: &[u8]) {
        let _ = fs::remove_file(&self.file);
        fs::write(&self.file, bytes).unwrap();
        fs::set_permissions(&self.file, Permissions::from_mode(0o400)).unwrap();
    }

    /// What is there now is a miss, counted as `damage`; the picture is made anew and then found.
    fn is_a_miss(&self, damage: Damage, what: &str) {
        let before = self.cache.stats().damaged(damage);
        assert!(self.cache.get(&key(1)).is_none(), "{what}");
        assert_eq!(
            self.cache.stats().damaged(damage),
            before + 1,
            "{what}: {:?}",
            self.cache.stats().damaged
        );
        let made = serve(&self.cache, 1, LEN).unwrap();
        assert_eq!(made.origin, Origin::Made, "{what}");
        check(&made.entry, 1, LEN);
        check(&self.cache.get(&key(1)).unwrap().entry, 1, LEN);
    }
}

#[test]
fn every_flipped_bit_of_a_header_is_a_miss() {
    let scene = Scene::new();
    // All bits of the part that says something and of the checksum; of the zeros between, one in each byte.
    let bits = (0..4096 * 8).filter(|bit| bit / 8 < 160 || bit / 8 >= 4080 || bit % 8 == bit / 8 % 8);
    for bit in bits {
        let mut flipped = scene.whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        scene.put(&flipped);
        let damage = match bit / 8 {
            0..8 => Damage::Magic,
            8..10 => Damage::WrongVersion,
            _ => Damage::HeaderChecksum,
        };
        let before = scene.cache.stats().damaged(damage);
        assert!(scene.cache.get(&key(1)).is_none(), "bit {bit}");
        assert_eq!(scene.cache.stats().damaged(damage), before + 1, "bit {bit}");
        assert!(!scene.file.exists());
    }
    scene.put(&scene.whole);
    check(&scene.cache.get(&key(1)).unwrap().entry, 1, LEN);
}

#[test]
fn a_thousand_flipped_bits_of_payloads_are_misses() {
    let scene = Scene::new();
    let step = LEN * 8 / 1000;
    for n in 0..1000 {
        let bit = n * step + n % step;
        let mut flipped = scene.whole.clone();
        flipped[4096 + bit / 8] ^= 1 << (bit % 8);
        scene.put(&flipped);
        assert!(scene.cache.get(&key(1)).is_none(), "payload bit {bit}");
        assert_eq!(scene.cache.stats().damaged(Damage::PayloadChecksum), n as u64 + 1);
    }
}

#[test]
fn a_file_cut_anywhere_or_longer_than_it_says_is_a_miss() {
    let scene = Scene::new();
    for len in (0..scene.whole.len()).step_by(512) {
        scene.put(&scene.whole[..len]);
        let damage = if len <= 4096 { Damage::TooShort } else { Damage::LengthMismatch };
        scene.is_a_miss(damage, &format!("{len} bytes"));
    }
    for (more, damage) in
        [(1, Damage::LengthMismatch), (4096, Damage::LengthMismatch), (2 << 20, Damage::Oversized)]
    {
        let mut longer = scene.whole.clone();
        longer.resize(longer.len() + more, 0);
        scene.put(&longer);
        scene.is_a_miss(damage, &format!("{more} bytes more"));
    }
}

#[test]
fn what_is_no_regular_file_of_ours_alone_is_a_miss() {
    type Put = fn(&Path);
    let puts: [(&str, Damage, Put); 7] = [
        ("a symbolic link to a whole entry", Damage::SymbolicLink, |file| {
            let elsewhere = file.with_file_name("elsewhere");
            fs::rename(file, &elsewhere).unwrap();
            symlink(elsewhere, file).unwrap();
        }),
        ("a symbolic link to nowhere", Damage::SymbolicLink, |file| {
            fs::remove_file(file).unwrap();
            symlink("/nowhere", file).unwrap();
        }),
        ("a second hard link", Damage::MoreLinks, |file| {
            fs::hard_link(file, file.parent().unwrap().parent().unwrap().join("second")).unwrap();
        }),
        ("a directory", Damage::NotRegular, |file| {
            fs::remove_file(file).unwrap();
            fs::create_dir(file).unwrap();
        }),
        ("a fifo", Damage::NotRegular, |file| {
            fs::remove_file(file).unwrap();
            mknodat(CWD, file, FileType::Fifo, Mode::RUSR, 0).unwrap();
        }),
        ("a socket", Damage::NotRegular, |file| {
            fs::remove_file(file).unwrap();
            // Its path is too long for a socket's: bind where it is short.
            let short = std::env::temp_dir().join(format!("fic-{}", std::process::id()));
            drop(std::os::unix::net::UnixListener::bind(&short).unwrap());
            fs::copy(&short, file).unwrap_err();
            let _ = fs::remove_file(file);
            if fs::rename(&short, file).is_err() {
                mknodat(CWD, file, FileType::Socket, Mode::RUSR, 0).unwrap();
                fs::remove_file(short).unwrap();
            }
        }),
        ("a file that may be written", Damage::Writable, |file| {
            fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
        }),
    ];
    for (what, damage, put) in puts {
        let scene = Scene::new();
        put(&scene.file);
        scene.is_a_miss(damage, what);
    }
}

#[test]
fn a_directory_with_something_in_it_costs_the_cache_and_not_the_request() {
    let scene = Scene::new();
    fs::remove_file(&scene.file).unwrap();
    fs::create_dir(&scene.file).unwrap();
    fs::write(scene.file.join("x"), b"x").unwrap();
    for _ in 0..3 {
        let served = serve(&scene.cache, 1, LEN).unwrap();
        assert!(matches!(served.origin, Origin::Uncached(_)), "{:?}", served.origin);
        check(&served.entry, 1, LEN);
    }
    assert!(scene.cache.get(&key(1)).is_none());
}

#[test]
fn a_whole_entry_under_another_name_or_of_another_cache_is_a_miss() {
    let scene = Scene::new();
    serve(&scene.cache, 2, LEN).unwrap();
    scene.put(&fs::read(file_of(&scene.place.root(), &key(2))).unwrap());
    scene.is_a_miss(Damage::KeyMismatch, "the entry of another key");
    let other = Scene::new();
    scene.put(&other.whole);
    scene.is_a_miss(Damage::HeaderChecksum, "the same entry of another cache");
}

#[test]
fn an_entry_of_another_user_is_a_miss() {
    let scene = Scene::new();
    if std::os::unix::fs::chown(&scene.file, Some(12_345), None).is_err() {
        println!("skipped: only root can give files away");
        return;
    }
    scene.is_a_miss(Damage::WrongOwner, "another user's");
}

#[test]
fn verifying_finds_and_deletes_every_damaged_file() {
    let scene = Scene::new();
    (2..40).for_each(|n| _ = serve(&scene.cache, n, LEN).unwrap());
    let verified = scene.cache.verify().unwrap();
    assert_eq!((verified.entries, verified.damaged.len()), (39, 0));
    let mut flipped = scene.whole.clone();
    flipped[5000] ^= 1;
    scene.put(&flipped);
    let short = file_of(&scene.place.root(), &key(7));
    fs::set_permissions(&short, Permissions::from_mode(0o600)).unwrap();
    File::options().write(true).open(&short).unwrap().set_len(100).unwrap();
    fs::set_permissions(&short, Permissions::from_mode(0o400)).unwrap();
    let mut damaged = scene.cache.verify().unwrap().damaged;
    damaged.sort();
    let mut expected =
        vec![(key(1).to_string(), Damage::PayloadChecksum), (key(7).to_string(), Damage::TooShort)];
    expected.sort();
    assert_eq!(damaged, expected);
    assert_eq!(scene.cache.verify().unwrap().entries, 37);
}

#[test]
fn strays_among_the_entries_are_deleted_when_the_cache_is_opened() {
    let scene = Scene::new();
    let shard = scene.file.parent().unwrap().to_owned();
    fs::write(shard.join("stray"), b"x").unwrap();
    fs::create_dir_all(scene.place.root().join("tmp")).unwrap();
    fs::write(scene.place.root().join("tmp/1-2"), b"x").unwrap();
    drop(scene.cache);
    let cache = scene.place.open(disk_only(64 * MIB));
    is_in_order(&cache, &scene.place.root());
    check(&cache.get(&key(1)).unwrap().entry, 1, LEN);
}

/// What `Private` promises: what was handed out is memory of our own. In `Mapped` mode the same truncation ends the
/// process with SIGBUS when a page beyond the new end is read: that is what the contract excludes.
#[test]
fn private_bytes_stay_whatever_happens_to_the_file() {
    let place = Place::new();
    let cache = Cache::open(&place.root(), disk_only(64 * MIB)).unwrap();
    serve(&cache, 1, LEN).unwrap();
    let held = cache.get(&key(1)).unwrap().entry;
    let file = file_of(&place.root(), &key(1));
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let open = File::options().write(true).open(&file).unwrap();
    open.write_all_at(&[0; LEN], 4096).unwrap();
    check(&held, 1, LEN);
    open.set_len(0).unwrap();
    assert!(held.payload() == payload(1, LEN));
    assert!(cache.get(&key(1)).is_none());
}
