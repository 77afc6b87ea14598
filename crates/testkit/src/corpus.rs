//! The corpus on disk: which file lies where, and `corpus/manifest.toml`, which says of each what must come
//! of it.
//!
//! The bin `corpus` writes both from the samples; `tests/walker.rs` holds every line to its word.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::samples::{self, Sample};
use crate::valid::corpus;

pub mod place;
pub mod verdict;

/// One `[[file]]` of the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Path below `corpus/`; where `built` says so, the path that the file would have.
    pub path: String,
    /// The file is too large to be kept: it is made anew whenever it is needed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub built: bool,
    /// The row of the list of threats, `valid`, or `regression`.
    pub id: String,
    /// What the file is.
    pub what: String,
    /// The public report that describes the attack, or the id again.
    pub reference: String,
    /// `accept`, `limit`, `malformed`, `refused` or `unsupported`.
    pub verdict: String,
    /// The limit that a `limit` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// Findings that an `accept` must report; it may report others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// The most milliseconds of predicted work, where a thumbnail is made.
    pub max_ms: u64,
    /// The most heap bytes that may be held at once, whatever the verdict.
    pub max_heap: u64,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    file: Vec<Line>,
}

/// Where the manifest lies.
pub fn manifest() -> PathBuf {
    corpus().join("manifest.toml")
}

/// Every line of the manifest; none where there is no manifest yet.
///
/// # Panics
/// Where the manifest is broken.
pub fn lines() -> Vec<Line> {
    let Ok(text) = fs::read_to_string(manifest()) else { return Vec::new() };
    let manifest: Manifest = toml::from_str(&text).expect("corpus/manifest.toml parses");
    manifest.file
}

/// The text of a manifest with these lines.
///
/// # Panics
/// Never for strings and numbers.
pub fn to_toml(lines: Vec<Line>) -> String {
    let tables = toml::to_string(&Manifest { file: lines }).expect("strings and numbers are TOML");
    format!("# Written by the bin `corpus` of fic-testkit; README.md says what the keys mean.\n\n{tables}")
}

impl Line {
    /// The bytes of the file, read or built.
    ///
    /// # Panics
    /// Where the file is missing, or no sample has that name.
    pub fn bytes(&self) -> Vec<u8> {
        if self.built {
            self.sample().expect(&self.path).bytes()
        } else {
            fs::read(corpus().join(&self.path)).expect(&self.path)
        }
    }

    /// The sample that the file was made from; `None` for valid files and regressions.
    pub fn sample(&self) -> Option<Sample> {
        let stem = Path::new(&self.path).file_stem()?.to_str()?;
        samples::all().into_iter().find(|sample| sample.name == stem && sample.id == self.id)
    }

    /// The format's folder: the part of the path behind `reject/`, `valid/` and so on.
    pub fn format(&self) -> &str {
        self.path.split('/').nth(1).unwrap_or_default()
    }
}

/// The files below `corpus/<folder>`, as paths below `corpus/`, in order.
pub fn files_below(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(corpus().join(folder)).into_iter().flatten().flatten() {
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort_unstable();
    found
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_survives_the_way_to_toml_and_back() {
        let line = Line {
            path: "bomb/gif/g06_clear_codes.gif".into(),
            built: true,
            id: "G06".into(),
            what: "a \"quoted\" word and a \\".into(),
            reference: "G06".into(),
            verdict: "malformed".into(),
            limit: None,
            findings: vec![],
            max_ms: 100,
            max_heap: 16 << 10,
        };
        let again: Manifest = toml::from_str(&to_toml(vec![line.clone()])).unwrap();
        assert_eq!(again.file.first(), Some(&line));
        assert_eq!((line.format(), line.sample().map(|sample| sample.id)), ("gif", Some("G06")));
    }
}
