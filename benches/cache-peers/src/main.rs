//! What a write and a read cost in this cache, in `cacache` and in a plain directory of files, and a thumbnail that is
//! in the cache beside one that is made: what comes in is a large JPEG, what leaves is a table.
//!
//! `cd benches/cache-peers && cargo run --release -- PHOTO.jpg`
//!
//! Every answer is checked. All files are in the kernel's page cache; nobody syncs. The cache keeps nothing in memory
//! here, but for the last two lines, so that each read opens, reads and verifies a file. `cacache` verifies SHA-256.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use fastimagecache::cache::{Cache, Config, Form, Key, Origin, SourceId};
use fastimagecache::{Format, Policy, Recipe, Thumbnailer};

const ENTRIES: usize = 200;

fn main() {
    let photo = std::env::args().nth(1).expect("a large JPEG");
    let folder = tempfile::tempdir().unwrap();
    println!("median us            | write cacache, plain, this | read cacache, plain, this");
    for len in [12_000, 1 << 20] {
        println!("{len:>7} bytes        | {}", stores(&folder.path().join(len.to_string()), &vec![7; len]));
    }
    thumbnail(folder.path(), &fs::read(photo).unwrap());
}

fn stores(folder: &Path, data: &[u8]) -> String {
    let (other, plain) = (folder.join("cacache"), folder.join("plain"));
    fs::create_dir_all(&plain).unwrap();
    let config = Config::new(4 << 30).with_resident(0, 0).with_min_free_bytes(0);
    let cache = Cache::open(&folder.join("this"), config).unwrap();
    let writes = [
        median(|n| _ = cacache::write_sync(&other, n.to_string(), data).unwrap()),
        median(|n| fs::write(plain.join(n.to_string()), data).unwrap()),
        median(|n| {
            let made = cache.get_or_insert_with(&key(n), |m| m.encoded(1, 1, Format::Png, data.to_vec()));
            assert_eq!(made.unwrap().origin, Origin::Made);
        }),
    ];
    let reads = [
        median(|n| assert_eq!(cacache::read_sync(&other, n.to_string()).unwrap().len(), data.len())),
        median(|n| assert_eq!(fs::read(plain.join(n.to_string())).unwrap().len(), data.len())),
        median(|n| {
            let found = cache.get(&key(n)).unwrap();
            assert_eq!((found.origin, found.entry.payload().len()), (Origin::Disk, data.len()));
        }),
    ];
    let row = |times: [f64; 3]| times.map(|time| format!("{:>8.1}", time * 1e6)).join(" ");
    format!("{} | {}", row(writes), row(reads))
}

fn thumbnail(folder: &Path, photo: &[u8]) {
    let (plain, recipe) = (Thumbnailer::new(Policy::untrusted()), Recipe::within(256, 256));
    let expected = plain.thumbnail(photo, &recipe).unwrap().bytes;
    let make = median_of(9, |_| assert_eq!(plain.thumbnail(photo, &recipe).unwrap().bytes, expected));
    let cache = Cache::open(&folder.join("thumbnails"), Config::new(1 << 30).with_min_free_bytes(0)).unwrap();
    let cached = plain.with_cache(cache);
    let source = SourceId::named("bench", "photo");
    cached.thumbnail(source, &recipe, |making| making.upload(photo)).unwrap();
    assert_eq!(cached.thumbnail(source, &recipe, |_| unreachable!()).unwrap().entry.payload(), expected);
    let hit = median(|_| {
        for _ in 0..1000 {
            black_box(cached.thumbnail(source, &recipe, |_| unreachable!()).unwrap());
        }
    }) / 1000.0;
    cached.thumbnail_of(photo, &recipe).unwrap();
    let digested =
        median_of(21, |_| assert_eq!(cached.thumbnail_of(photo, &recipe).unwrap().origin, Origin::Resident));
    println!("a thumbnail of {} bytes of JPEG: made in {:.2} ms", photo.len(), make * 1e3);
    println!("a hit by name: {:.0} ns, a part in {:.0}", hit * 1e9, make / hit);
    println!("a hit by the digest of the bytes: {:.2} ms, a part in {:.0}", digested * 1e3, make / digested);
}

fn key(number: usize) -> Key {
    Key::new(Form::Encoded, 1, SourceId::named("bench", &number.to_string()), &[0; 64])
}

fn median(work: impl FnMut(usize)) -> f64 {
    median_of(ENTRIES, work)
}

fn median_of(times: usize, mut work: impl FnMut(usize)) -> f64 {
    let mut seconds: Vec<f64> = (0..times)
        .map(|number| {
            let start = Instant::now();
            work(number);
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
