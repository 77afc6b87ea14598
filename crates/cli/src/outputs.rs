//! Where thumbnails go: a file, a folder with one name for each input, or standard output.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use fastimagecache::{Format, Output};

use crate::failure::Failure;
use crate::inputs::{Input, is_stream};

/// Where the thumbnails of a call go.
#[derive(Debug)]
pub(crate) enum Destination {
    File(PathBuf),
    Folder { root: PathBuf, same_stem: HashMap<PathBuf, usize> },
    Stream,
}

impl Destination {
    /// A folder where the output is one, ends in a separator, or has to hold more than one file.
    pub(crate) fn new(output: &Path, inputs: &[Input], has_folder: bool) -> Destination {
        if is_stream(output) {
            return Destination::Stream;
        }
        let ends_in_separator = output.as_os_str().to_string_lossy().ends_with(std::path::is_separator);
        if has_folder || inputs.len() > 1 || output.is_dir() || ends_in_separator {
            let mut same_stem = HashMap::new();
            for input in inputs {
                *same_stem.entry(input.relative.with_extension("")).or_default() += 1;
            }
            return Destination::Folder { root: output.to_owned(), same_stem };
        }
        Destination::File(output.to_owned())
    }

    /// The output format that the destination's name asks for.
    pub(crate) fn output_by_name(&self) -> Option<Output> {
        let Destination::File(path) = self else { return None };
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" | "jpe" | "jfif" => Some(Output::Jpeg),
            "png" => Some(Output::Png),
            "webp" => Some(Output::WebP),
            _ => None,
        }
    }

    /// Writes `bytes` whole or not at all.
    pub(crate) fn store(&self, input: &Input, format: Format, bytes: &[u8]) -> Result<(), Failure> {
        let path = match self {
            Destination::Stream => {
                let mut out = io::stdout().lock();
                return out
                    .write_all(bytes)
                    .and_then(|()| out.flush())
                    .map_err(|e| Failure::io(Path::new("-"), "writing the output failed", e));
            }
            Destination::File(path) => path.clone(),
            Destination::Folder { root, same_stem } => root.join(name_in_folder(input, format, same_stem)),
        };
        write_whole(&path, bytes).map_err(|e| Failure::io(&path, "writing the output failed", e))
    }
}

/// `photo.png` becomes `photo.jpg`; where `photo.gif` is there too, `photo.png.jpg` and `photo.gif.jpg`.
fn name_in_folder(input: &Input, format: Format, same_stem: &HashMap<PathBuf, usize>) -> PathBuf {
    let relative = if is_stream(&input.path) { PathBuf::from("stdin") } else { input.relative.clone() };
    let stem = relative.with_extension("");
    if same_stem.get(&stem).copied().unwrap_or(0) > 1 {
        let mut name: OsString = relative.into_os_string();
        name.push(".");
        name.push(format.extension());
        return name.into();
    }
    let mut name = stem.into_os_string();
    name.push(".");
    name.push(format.extension());
    name.into()
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file =
        tempfile::Builder::new().prefix(".fastimagecache-").permissions(permissions()).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// A picture is not a secret: what the umask leaves of 0666, as for any other file.
#[cfg(unix)]
fn permissions() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    fs::Permissions::from_mode(0o666)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(name: &str) -> Input {
        Input { path: name.into(), relative: name.into() }
    }

    #[test]
    fn two_inputs_of_one_stem_get_two_names() {
        let inputs = [input("a/photo.png"), input("a/photo.gif"), input("b/photo.gif")];
        let destination = Destination::new(Path::new("out"), &inputs, true);
        let Destination::Folder { same_stem, .. } = destination else { panic!("a folder") };
        let names: Vec<_> =
            inputs.iter().map(|input| name_in_folder(input, Format::Jpeg, &same_stem)).collect();
        assert_eq!(names, ["a/photo.png.jpg", "a/photo.gif.jpg", "b/photo.jpg"].map(PathBuf::from));
    }

    #[test]
    fn the_output_name_chooses_the_format() {
        let by_name = |name: &str| Destination::File(name.into()).output_by_name();
        assert_eq!(by_name("x.JPG"), Some(Output::Jpeg));
        assert_eq!(by_name("x.webp"), Some(Output::WebP));
        assert_eq!(by_name("x.bin"), None);
    }
}
