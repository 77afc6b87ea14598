//! From the arguments to the list of files: folders are walked, links and devices in them are not followed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use fastimagecache::{Limits, read_upload};
use walkdir::WalkDir;

use crate::failure::Failure;

/// One file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    /// Where it is; `-` for standard input.
    pub(crate) path: PathBuf,
    /// Its place below the folder that was named, or its bare name.
    pub(crate) relative: PathBuf,
}

/// Whether the argument stands for a standard stream.
pub(crate) fn is_stream(path: &Path) -> bool {
    path == Path::new("-")
}

/// All files that `arguments` name, folders in the order of their names, leaving out what lies in `outputs`.
pub(crate) fn collect(arguments: &[PathBuf], outputs: &[&Path]) -> (Vec<Input>, Vec<Failure>) {
    let outputs: Vec<PathBuf> = outputs.iter().filter_map(|output| fs::canonicalize(output).ok()).collect();
    let (mut inputs, mut failures) = (Vec::new(), Vec::new());
    for argument in arguments {
        if argument.is_dir() {
            walk(argument, &outputs, &mut inputs, &mut failures);
        } else {
            let relative = argument.file_name().map_or_else(|| argument.clone(), PathBuf::from);
            inputs.push(Input { path: argument.clone(), relative });
        }
    }
    (inputs, failures)
}

fn walk(folder: &Path, outputs: &[PathBuf], inputs: &mut Vec<Input>, failures: &mut Vec<Failure>) {
    let is_output = |path: &Path| fs::canonicalize(path).is_ok_and(|path| outputs.contains(&path));
    let walk = WalkDir::new(folder).sort_by_file_name().into_iter();
    let is_wanted = |path: &Path| outputs.is_empty() || !is_output(path);
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || is_wanted(entry.path())) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_owned();
                inputs.push(Input { path: entry.into_path(), relative });
            }
            Ok(_) => {}
            Err(e) => {
                let path = e.path().unwrap_or(folder).to_owned();
                failures.push(Failure::io(&path, "reading the folder failed", e.into()));
            }
        }
    }
}

/// The bytes of `path`, never more than the limit allows.
pub(crate) fn read(path: &Path, limits: &Limits) -> Result<Vec<u8>, Failure> {
    if is_stream(path) {
        return read_upload(io::stdin().lock(), limits).map_err(|error| Failure::of(path, error));
    }
    let file = File::open(path).map_err(|e| Failure::io(path, "opening the file failed", e))?;
    read_upload(file, limits).map_err(|error| Failure::of(path, error))
}
