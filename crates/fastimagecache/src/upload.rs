//! The bytes of a stranger, and what the stranger said about them.

use std::io::{ErrorKind, Read};

use fic_core::{Cancel, Kind, Limit, Limits, Stage};

use crate::Error;

/// An upload: its bytes, with the labels it came under. Any byte slice is one without labels.
///
/// The labels are only compared with the bytes; they never choose the decoder.
#[derive(Clone, Debug)]
pub struct Upload<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) media_type: Option<&'a str>,
    pub(crate) file_name: Option<&'a str>,
    pub(crate) source: Option<&'a str>,
    /// The same bytes where a worker can map them.
    #[cfg(all(feature = "isolate", target_os = "linux"))]
    pub(crate) sealed: Option<&'a fic_isolate::SealedFile>,
    pub(crate) cancel: Cancel,
}

impl<'a> Upload<'a> {
    /// Bytes without any label.
    pub fn new(bytes: &'a [u8]) -> Upload<'a> {
        Upload {
            bytes,
            media_type: None,
            file_name: None,
            source: None,
            #[cfg(all(feature = "isolate", target_os = "linux"))]
            sealed: None,
            cancel: Cancel::new(),
        }
    }

    /// The same, declared as `media_type` (a `Content-Type` header's value).
    #[must_use]
    pub fn with_media_type(mut self, media_type: &'a str) -> Upload<'a> {
        self.media_type = Some(media_type);
        self
    }

    /// The same, under `file_name`; only its extension is looked at.
    #[must_use]
    pub fn with_file_name(mut self, file_name: &'a str) -> Upload<'a> {
        self.file_name = Some(file_name);
        self
    }

    /// The same, sent by `source`: your label of a user, a tenant, an address. It is the one text of yours that
    /// events carry, bounded and escaped, and what repeat offenders are counted by.
    #[must_use]
    pub fn with_source(mut self, source: &'a str) -> Upload<'a> {
        self.source = Some(source);
        self
    }

    /// The same, stopped at the next band once `cancel` is thrown.
    #[must_use]
    pub fn with_cancel(mut self, cancel: Cancel) -> Upload<'a> {
        self.cancel = cancel;
        self
    }
}

impl<'a> From<&'a [u8]> for Upload<'a> {
    fn from(bytes: &'a [u8]) -> Upload<'a> {
        Upload::new(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Upload<'a> {
    fn from(bytes: &'a Vec<u8>) -> Upload<'a> {
        Upload::new(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Upload<'a> {
    fn from(bytes: &'a [u8; N]) -> Upload<'a> {
        Upload::new(bytes)
    }
}

/// Reads all of `source`, and never keeps more than `max_input_bytes` of it (plus one piece).
///
/// # Errors
/// `Limit` naming `max_input_bytes`; `Io` where reading fails.
pub fn read_upload(mut source: impl Read, limits: &Limits) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut piece = [0; 64 << 10];
    loop {
        match source.read(&mut piece) {
            Ok(0) => return Ok(bytes),
            Ok(count) => {
                let total = (bytes.len() as u64).saturating_add(count as u64);
                limits.check(Stage::Sniff, Limit::MaxInputBytes, total)?;
                bytes.extend_from_slice(piece.get(..count).unwrap_or_default());
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => {
                return Err(Error::new(Kind::Io, Stage::Sniff, "reading the input failed").with_source(e));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_reading_an_endless_source_at_the_limit() {
        let limits = Limits::untrusted().with_max_input_bytes(100_000);
        let err = read_upload(std::io::repeat(7), &limits).unwrap_err();
        assert!(matches!(err.kind(), Kind::Limit { limit: Limit::MaxInputBytes, allowed: 100_000, .. }));
        assert_eq!(read_upload(&[1, 2, 3][..], &limits).unwrap(), [1, 2, 3]);
    }
}
