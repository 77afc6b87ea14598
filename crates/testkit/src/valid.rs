//! The valid corpus: small real files with the pixels that the C libraries decode from them.

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

/// One line of `corpus/valid.toml`.
#[derive(Clone, Debug, Deserialize)]
pub struct ValidFile {
    /// Path below `corpus/`.
    pub path: String,
    /// What the file is.
    pub what: String,
    /// Width in pixels, as stored.
    pub width: u32,
    /// Height in pixels, as stored.
    pub height: u32,
    /// `gray`, `gray-alpha`, `rgb`, `rgba` or `cmyk`: the samples of the reference.
    pub layout: String,
    /// Path of the zlib-compressed reference pixels, below `corpus/`.
    pub reference: String,
    /// The largest difference of a sample that is allowed.
    pub max_diff: u8,
    /// The largest mean difference that is allowed.
    pub mean_diff: f64,
    /// The EXIF orientation, 1 to 8.
    pub orientation: u16,
    /// `none`, `srgb`, `p3` or `adobergb`.
    pub icc: String,
    /// Frames in the file.
    pub frames: u64,
    /// Names of the findings that the outline must report.
    #[serde(default)]
    pub findings: Vec<String>,
    /// Path of the reference pixels turned upright.
    pub oriented_reference: Option<String>,
    /// Path of the reference pixels converted to sRGB.
    pub srgb_reference: Option<String>,
}

#[derive(Deserialize)]
struct Manifest {
    file: Vec<ValidFile>,
}

/// The folder `corpus/` of the checkout.
pub fn corpus() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus"))
}

/// Every valid file whose path starts with `valid/<format>/`; all for an empty `format`.
///
/// # Panics
/// Where the manifest is missing or broken: a test must not pass on an empty corpus.
pub fn files(format: &str) -> Vec<ValidFile> {
    let text = fs::read_to_string(corpus().join("valid.toml")).expect("corpus/valid.toml");
    let manifest: Manifest = toml::from_str(&text).expect("corpus/valid.toml parses");
    let prefix = if format.is_empty() { "valid/".to_owned() } else { format!("valid/{format}/") };
    let files: Vec<_> = manifest.file.into_iter().filter(|file| file.path.starts_with(&prefix)).collect();
    assert!(!files.is_empty(), "no valid {format} files");
    files
}

impl ValidFile {
    /// The bytes of the file.
    ///
    /// # Panics
    /// Where it cannot be read.
    pub fn bytes(&self) -> Vec<u8> {
        fs::read(corpus().join(&self.path)).expect(&self.path)
    }

    /// The reference pixels: packed rows of the layout's samples, as stored (not upright, no ICC applied).
    pub fn pixels(&self) -> Vec<u8> {
        inflate(&self.reference)
    }

    /// The reference pixels turned upright, where the manifest has them.
    pub fn upright_pixels(&self) -> Option<Vec<u8>> {
        self.oriented_reference.as_deref().map(inflate)
    }

    /// The reference pixels in sRGB, where the manifest has them.
    pub fn srgb_pixels(&self) -> Option<Vec<u8>> {
        self.srgb_reference.as_deref().map(inflate)
    }
}

fn inflate(path: &str) -> Vec<u8> {
    let packed = fs::read(corpus().join(path)).expect(path);
    miniz_oxide::inflate::decompress_to_vec_zlib(&packed).expect("reference pixels inflate")
}
