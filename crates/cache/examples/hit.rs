//! How long a hit takes: in memory, from disk in a process that has just started, and as plain files would.
//!
//! `cargo run --release -p fic-cache --example hit`
//!
//! Every answer is checked before it is timed. The first hit is timed in processes of their own, alternating with
//! plain reads of the very same file; both find it in the kernel's page cache.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a program for the developers")]

use std::env;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use fic_cache::{Cache, Config, Form, Key, Origin, SourceId};
use fic_core::{Budget, Format, Limits, PixelLayout};

const RUNS: usize = 101;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["first-hit", root] => first_hit(Path::new(root)),
        ["plain-read", file] => plain_read(Path::new(file)),
        [] => all(),
        _ => panic!("no arguments are needed"),
    }
}

fn all() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("cache");
    let cache = Cache::open(&root, Config::new(1 << 30)).unwrap();
    warm_hits(&cache);
    let entry = fill(&cache);
    drop(cache);
    let file = file_of(&root, &pixels_key());
    let (mut hits, mut reads) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        hits.push(run("first-hit", &root));
        reads.push(run("plain-read", &file));
    }
    let (hit, read) = (median(&mut hits), median(&mut reads));
    println!("first hit of {} bytes in a fresh process, verified: {:.1} us", entry, us(hit));
    println!("open and read of the same file in a fresh process: {:.1} us", us(read));
    println!("ratio: {:.2}", hit.as_secs_f64() / read.as_secs_f64());
}

/// Thumbnails of 12 KB, all in memory.
fn warm_hits(cache: &Cache) {
    let keys: Vec<Key> = (0..1000).map(|n| key(Form::Encoded, n)).collect();
    let plain = tempfile::tempdir().unwrap();
    for key in &keys {
        let bytes = vec![7; 12_000];
        fs::write(plain.path().join(key.to_string()), &bytes).unwrap();
        cache.get_or_insert_with(key, |maker| maker.encoded(128, 128, Format::Jpeg, bytes)).unwrap();
    }
    let is_warm = |key| cache.get(key).is_some_and(|served| served.origin == Origin::Resident);
    assert!(keys.iter().all(is_warm));
    for (what, look) in [
        (
            "get",
            (|cache, key| black_box(cache.get(key).unwrap().entry.payload().len()))
                as fn(&Cache, &Key) -> usize,
        ),
        ("peek", |cache, key| black_box(cache.peek(key).unwrap().payload().len())),
    ] {
        let mut times: Vec<f64> = (0..RUNS)
            .map(|_| {
                let start = Instant::now();
                for _ in 0..10 {
                    keys.iter().for_each(|key| _ = black_box(look(cache, key)));
                }
                start.elapsed().as_secs_f64() * 1e9 / (10.0 * keys.len() as f64)
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("warm {what} of 12 KB: median {:.1} ns, least {:.1} ns", times[RUNS / 2], times[0]);
    }
    let paths: Vec<PathBuf> = keys.iter().map(|key| plain.path().join(key.to_string())).collect();
    let mut times: Vec<Duration> = paths
        .iter()
        .map(|path| {
            let start = Instant::now();
            black_box(fs::read(path).unwrap());
            start.elapsed()
        })
        .collect();
    println!("a plain file of 12 KB, open and read: median {:.1} us", us(median(&mut times)));
}

/// Half a megapixel of RGB: 1 MiB in rows of 64 bytes.
fn fill(cache: &Cache) -> u64 {
    let budget = Budget::new(&Limits::untrusted());
    let row: Vec<u8> = (0..1024_u32 * 2).map(|n| (n % 251) as u8).collect();
    let served = cache
        .get_or_insert_with(&pixels_key(), |maker| {
            let mut rows = maker.pixels(1024, 512, PixelLayout::GrayAlpha, &budget)?;
            (0..512).try_for_each(|_| rows.push(&row))?;
            rows.finish()
        })
        .unwrap();
    assert_eq!(served.origin, Origin::Made);
    served.entry.shape().payload_bytes()
}

fn first_hit(root: &Path) {
    let cache = Cache::open(root, Config::new(1 << 30)).unwrap();
    let key = pixels_key();
    let start = Instant::now();
    let served = cache.get(&key).unwrap();
    let time = start.elapsed();
    assert_eq!((served.origin, served.entry.rows().len()), (Origin::Disk, 512));
    println!("{}", time.as_nanos());
}

fn plain_read(file: &Path) {
    let start = Instant::now();
    let bytes = fs::read(file).unwrap();
    let time = start.elapsed();
    assert_eq!(bytes.len(), (1 << 20) + 4096);
    println!("{}", time.as_nanos());
}

fn run(what: &str, path: &Path) -> Duration {
    let output = Command::new(env::current_exe().unwrap()).arg(what).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Duration::from_nanos(String::from_utf8(output.stdout).unwrap().trim().parse().unwrap())
}

fn key(form: Form, number: u64) -> Key {
    let mut recipe = [0; 64];
    recipe[..8].copy_from_slice(&number.to_le_bytes());
    Key::new(form, 1, SourceId::named("bench", "source"), &recipe)
}

fn pixels_key() -> Key {
    key(Form::Pixels, 1)
}

fn file_of(root: &Path, key: &Key) -> PathBuf {
    let name = key.to_string();
    root.join("v1").join(&name[..2]).join(name)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn us(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
