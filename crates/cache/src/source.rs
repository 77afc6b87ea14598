//! Which picture something was made from: a digest of its bytes, of an open file's identity, or of a name.

use std::fmt;
use std::fs::File;
use std::io;

use sha2::{Digest as _, Sha256};

/// The identity of a source, 32 bytes whatever it was made from. No text of a caller ever leaves it again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId([u8; 32]);

impl SourceId {
    /// Of the bytes themselves: two uploads of one picture share it. Takes 0.8 ms a MiB.
    pub fn of_bytes(bytes: &[u8]) -> SourceId {
        SourceId::digest(b"bytes", &[bytes])
    }

    /// Of an open file: its device, number, length and times, so that a changed file is another source.
    ///
    /// A file that is written again at the same length within one tick of the file system's clock after this look is the
    /// same source. A tick is some milliseconds on Linux before 6.13; from then on ext4, XFS, Btrfs and tmpfs tell such
    /// changes apart. Where sources are rewritten in place that fast, name them by version, or digest their bytes.
    ///
    /// # Errors
    /// Whatever the system says to `fstat`; `Unsupported` where files have no such identity.
    #[cfg(unix)]
    pub fn of_file(file: &File) -> io::Result<SourceId> {
        use std::os::unix::fs::MetadataExt;
        let at = file.metadata()?;
        let times = [at.mtime(), at.mtime_nsec(), at.ctime(), at.ctime_nsec()].map(i64::to_le_bytes);
        let place = [at.dev(), at.ino(), at.size()].map(u64::to_le_bytes);
        Ok(SourceId::digest(b"file", &[place.as_flattened(), times.as_flattened()]))
    }

    /// Of an open file.
    ///
    /// # Errors
    /// `Unsupported`: files have no stable identity here.
    #[cfg(not(unix))]
    pub fn of_file(_file: &File) -> io::Result<SourceId> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Of a name that the caller vouches for, such as a bucket and an object's name with its version. Any text:
    /// it is digested, each part with its length, so `("ab", "c")` is not `("a", "bc")`.
    pub fn named(namespace: &str, name: &str) -> SourceId {
        SourceId::digest(b"name", &[namespace.as_bytes(), name.as_bytes()])
    }

    /// The digest, as entries carry it.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) const fn from_digest(digest: [u8; 32]) -> SourceId {
        SourceId(digest)
    }

    fn digest(kind: &[u8], parts: &[&[u8]]) -> SourceId {
        let mut hash = Sha256::new_with_prefix(b"fastimagecache source ");
        for part in std::iter::once(&kind).chain(parts) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        SourceId(hash.finalize().into())
    }
}

impl fmt::Debug for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceId({})", Hex(&self.0))
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_never_joined_ambiguously() {
        let ids = [
            SourceId::named("ab", "c"),
            SourceId::named("a", "bc"),
            SourceId::named("", "abc"),
            SourceId::named("abc", ""),
            SourceId::of_bytes(b"abc"),
        ];
        for (at, id) in ids.iter().enumerate() {
            assert!(!ids[..at].contains(id), "{at}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    #[allow(clippy::print_stdout, reason = "a test that is skipped says so")]
    fn a_file_that_is_rewritten_at_once_at_the_same_length_is_another_source() {
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
        let mut numbers = release.split(['.', '-', '\n']).map_while(|number| number.parse::<u32>().ok());
        if (numbers.next(), numbers.next()) < (Some(6), Some(13)) {
            println!("skipped: times of files are as coarse as the tick here");
            return;
        }
        let file = tempfile::tempfile().unwrap();
        let mut seen = std::collections::HashSet::new();
        for n in 0..1000_u32 {
            std::os::unix::fs::FileExt::write_all_at(&file, &n.to_le_bytes(), 0).unwrap();
            assert!(seen.insert(SourceId::of_file(&file).unwrap()), "rewrite {n}");
        }
    }
}
