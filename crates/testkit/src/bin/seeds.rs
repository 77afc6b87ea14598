//! Writes the fuzzers' seeds: every valid file and hostile sample of the target's format, small ones only.
//!
//! `cargo run -p fic-testkit --bin seeds -- FOLDER` makes `FOLDER/<target>/<name>`.

#![allow(clippy::expect_used, reason = "a tool for developers stops where it cannot write")]

use std::fs;
use std::path::{Path, PathBuf};

use fic_testkit::{samples, valid};

/// Larger seeds slow every mutation down.
const LARGEST: usize = 32 << 10;

/// Targets that read a format's files.
const BY_FORMAT: [(&str, &[&str]); 4] = [
    ("gif", &["outline_gif", "decode_gif"]),
    ("jpeg", &["outline_jpeg", "decode_jpeg", "differential_jpeg"]),
    ("png", &["outline_png", "decode_png", "differential_png"]),
    ("webp", &["outline_webp", "decode_webp", "differential_webp"]),
];

fn main() {
    let root: PathBuf = std::env::args_os().nth(1).expect("usage: seeds FOLDER").into();
    for file in valid::files("") {
        let format = file.path.split('/').nth(1).unwrap_or_default().to_owned();
        let name = Path::new(&file.path).file_name().expect("a file name").to_string_lossy().into_owned();
        seed(&root, &format, &name, &file.bytes());
    }
    for sample in samples::all() {
        let format = match sample.id.as_bytes().first() {
            Some(b'G') => "gif",
            Some(b'J') => "jpeg",
            Some(b'P') => "png",
            Some(b'W') => "webp",
            _ => "",
        };
        seed(&root, format, &sample.name, &sample.bytes());
    }
    for preset in ["untrusted", "strict_avatar", "trusted"] {
        let text = format!("preset = \"{preset}\"\ntruncated = \"accept\"\n[limits]\nmax_pixels = 1000\n");
        write(&root, "limits_toml", preset, text.as_bytes());
    }
}

fn seed(root: &Path, format: &str, name: &str, bytes: &[u8]) {
    if bytes.len() > LARGEST {
        return;
    }
    let targets =
        BY_FORMAT.iter().find(|(known, _)| *known == format).map_or(&[][..], |(_, targets)| targets);
    for target in targets.iter().chain(&["sniff"]) {
        write(root, target, name, bytes);
    }
    let recipe = [40, 30, name.len() as u8, 0, 2, name.len() as u8 >> 2, 80, 0];
    for target in ["thumbnail", "thumbnail_strict"] {
        write(root, target, name, &[&recipe, bytes].concat());
    }
}

fn write(root: &Path, target: &str, name: &str, bytes: &[u8]) {
    let folder = root.join(target);
    fs::create_dir_all(&folder).expect("the seed folder");
    fs::write(folder.join(name), bytes).expect("a seed");
}
