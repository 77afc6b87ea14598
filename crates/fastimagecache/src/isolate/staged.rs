//! An upload that is received into memory that a worker can map: nothing is copied on its way there.

use std::io::{ErrorKind, Read, Write};

use fic_core::{Kind, Limit, Limits, Stage};
use fic_isolate::SealedMap;
use fic_isolate::{Filling, SealedFile};

use crate::{Error, Upload};

/// An upload in sealed memory: what [`read_upload`](crate::read_upload) is to a thumbnailer in this process, this is to
/// an [`Isolated`](super::Isolated).
///
/// ```
/// use fastimagecache::isolate::Staged;
/// use fastimagecache::{Limits, Recipe, Thumbnailer};
///
/// let file = std::fs::File::open("../../corpus/samples/garden.jpg")?;
/// let staged = Staged::read(file, &Limits::untrusted())?;
/// let thumb = Thumbnailer::default().thumbnail(&staged, &Recipe::within(64, 64))?;
/// assert!(thumb.bytes.starts_with(b"\xff\xd8\xff"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Staged {
    file: SealedFile,
    /// Missing where there is no byte, which cannot be mapped.
    map: Option<SealedMap>,
}

impl Staged {
    /// Reads all of `source`, and never keeps more than `max_input_bytes` of it.
    ///
    /// # Errors
    /// `Limit` naming `max_input_bytes`; `Io` where reading fails, or the system gives no such memory.
    pub fn read(mut source: impl Read, limits: &Limits) -> Result<Staged, Error> {
        let failed = |what, e| Error::new(Kind::Io, Stage::Sniff, what).with_source(e);
        let no_memory = |e| failed("there is no memory to receive the input into", e);
        let mut filling = Filling::new().map_err(no_memory)?;
        let mut piece = [0; 64 << 10];
        loop {
            match source.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => {
                    let total = filling.len().saturating_add(count as u64);
                    limits.check(Stage::Sniff, Limit::MaxInputBytes, total)?;
                    filling.write_all(piece.get(..count).unwrap_or_default()).map_err(no_memory)?;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(failed("reading the input failed", e)),
            }
        }
        let file = filling.seal().map_err(no_memory)?;
        let map = if file.is_empty() { None } else { Some(file.map().map_err(no_memory)?) };
        Ok(Staged { file, map })
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.map.as_deref().unwrap_or_default()
    }
}

impl<'a> From<&'a Staged> for Upload<'a> {
    fn from(staged: &'a Staged) -> Upload<'a> {
        Upload { sealed: Some(&staged.file), ..Upload::new(staged.as_bytes()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staging_stops_at_the_limit_and_takes_nothing_for_something() {
        let limits = Limits::untrusted().with_max_input_bytes(100_000);
        let err = Staged::read(std::io::repeat(7), &limits).unwrap_err();
        assert!(matches!(err.kind(), Kind::Limit { limit: Limit::MaxInputBytes, allowed: 100_000, .. }));
        assert_eq!(Staged::read(&[1, 2, 3][..], &limits).unwrap().as_bytes(), [1, 2, 3]);
        assert!(Staged::read(&[][..], &limits).unwrap().as_bytes().is_empty());
    }
}
