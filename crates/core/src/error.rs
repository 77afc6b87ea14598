//! One opaque error for the whole stack, with a kind that tells a service what to answer.

use std::error::Error as StdError;
use std::fmt;

use crate::{Format, Incident, Limit};

/// Why a picture was not made.
///
/// `Display` is for operators and logs: it says what, where, the limit and the value found, and holds no
/// bytes of the upload, no path and no name of a library. [`Error::public`] is one fixed sentence per kind for the person who
/// uploaded.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    stage: Stage,
    format: Option<Format>,
    what: &'static str,
    offset: Option<u64>,
    found: Option<u64>,
    allowed: Option<u64>,
    size: Option<(u32, u32)>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What went wrong, as far as the caller's answer depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The caller asked for the work to stop.
    Cancelled,
    /// The wall clock ran out.
    Deadline,
    /// Reading the input or writing the output failed.
    Io,
    /// The worker process that had the picture gave no answer, or there is none.
    Isolation {
        /// What became of it.
        incident: Incident,
    },
    /// The picture would cost more than a limit allows.
    Limit {
        /// The limit that is exceeded.
        limit: Limit,
        /// Its value.
        allowed: u64,
        /// What the picture needs.
        found: u64,
    },
    /// The bytes break the format's specification so that pixels are missing or in doubt.
    Malformed,
    /// The call itself is wrong (a recipe that cannot be met), whatever the picture.
    Misuse,
    /// The policy does not want this, however well-formed: active content, a polyglot, a wrong label.
    Refused,
    /// A well-formed picture of a kind that is not decoded here.
    Unsupported,
    /// A decoder underneath failed in a way that the outline had ruled out: our bug until shown otherwise.
    Upstream,
}

impl Kind {
    /// The lower-case word for logs, metrics and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Cancelled => "cancelled",
            Kind::Deadline => "deadline",
            Kind::Io => "io",
            Kind::Isolation { .. } => "isolation",
            Kind::Limit { .. } => "limit",
            Kind::Malformed => "malformed",
            Kind::Misuse => "misuse",
            Kind::Refused => "refused",
            Kind::Unsupported => "unsupported",
            Kind::Upstream => "upstream",
        }
    }

    /// The stable id of the event that tells of it, for logs and the rules that watch them.
    pub const fn event_id(self) -> &'static str {
        match self {
            Kind::Cancelled => "failure.cancelled",
            Kind::Deadline => "refusal.deadline",
            Kind::Io => "failure.io",
            Kind::Isolation { incident } => incident.event_id(),
            Kind::Limit { limit, .. } => limit.event_id(),
            Kind::Malformed => "refusal.malformed",
            Kind::Misuse => "failure.misuse",
            Kind::Refused => "refusal.policy",
            Kind::Unsupported => "refusal.unsupported",
            Kind::Upstream => "incident.upstream",
        }
    }

    /// The HTTP status that a service answers with.
    pub const fn http_status(self) -> u16 {
        match self {
            Kind::Cancelled => 499,
            Kind::Deadline => 503,
            Kind::Io => 500,
            Kind::Isolation { incident } => incident.http_status(),
            Kind::Limit { .. } => 413,
            Kind::Malformed => 422,
            Kind::Misuse => 400,
            Kind::Refused => 403,
            Kind::Unsupported => 415,
            Kind::Upstream => 500,
        }
    }

    /// The exit code of the command line; 0 is success, 1 is left to the shell, 2 is a usage error.
    pub const fn exit_code(self) -> u8 {
        match self {
            Kind::Misuse => 2,
            Kind::Malformed => 10,
            Kind::Limit { .. } => 11,
            Kind::Unsupported => 12,
            Kind::Refused => 13,
            Kind::Io => 14,
            Kind::Deadline => 15,
            Kind::Cancelled => 16,
            Kind::Upstream => 17,
            Kind::Isolation { .. } => 18,
        }
    }
}

/// The step of the flow that spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the stages of the flow, in their order")]
pub enum Stage {
    Sniff,
    Outline,
    Admit,
    Decode,
    Shrink,
    Orient,
    Colour,
    Resample,
    Encode,
    Cache,
}

impl Stage {
    /// The lower-case name for logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Sniff => "sniff",
            Stage::Outline => "outline",
            Stage::Admit => "admit",
            Stage::Decode => "decode",
            Stage::Shrink => "shrink",
            Stage::Orient => "orient",
            Stage::Colour => "colour",
            Stage::Resample => "resample",
            Stage::Encode => "encode",
            Stage::Cache => "cache",
        }
    }
}

impl Error {
    /// An error of `kind`; `what` is a lower-case phrase without a full stop, never text from the input.
    pub fn new(kind: Kind, stage: Stage, what: &'static str) -> Error {
        Error(Box::new(Inner {
            kind,
            stage,
            format: None,
            what,
            offset: None,
            found: None,
            allowed: None,
            size: None,
            source: None,
        }))
    }

    /// The bytes break the specification of `format`.
    pub fn malformed(stage: Stage, format: Format, what: &'static str) -> Error {
        Error::new(Kind::Malformed, stage, what).in_format(format)
    }

    /// A kind of picture in `format` that is not decoded here.
    pub fn unsupported(stage: Stage, format: Format, what: &'static str) -> Error {
        Error::new(Kind::Unsupported, stage, what).in_format(format)
    }

    /// `found` is over the `allowed` value of `limit`.
    pub fn limit(stage: Stage, limit: Limit, allowed: u64, found: u64) -> Error {
        Error::new(Kind::Limit { limit, allowed, found }, stage, limit.counted())
    }

    /// A decoder underneath contradicted the outline.
    pub fn upstream(format: Format, what: &'static str) -> Error {
        Error::new(Kind::Upstream, Stage::Decode, what).in_format(format)
    }

    /// The call cannot be met, whatever the picture.
    pub fn misuse(stage: Stage, what: &'static str) -> Error {
        Error::new(Kind::Misuse, stage, what)
    }

    /// The worker that had the picture gave no answer.
    pub fn isolation(incident: Incident) -> Error {
        let number = incident.number().map(u64::from);
        let mut error = Error::new(Kind::Isolation { incident }, Stage::Decode, incident.what());
        error.0.found = number;
        error
    }

    /// Names the format that was being read.
    #[must_use]
    pub fn in_format(mut self, format: Format) -> Error {
        self.0.format = Some(format);
        self
    }

    /// Says at which byte of the upload.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Error {
        self.0.offset = Some(offset);
        self
    }

    /// Says which number was found.
    #[must_use]
    pub fn found(mut self, found: u64) -> Error {
        self.0.found = Some(found);
        self
    }

    /// Says which number the specification or the outline allows there.
    #[must_use]
    pub fn allowed(mut self, allowed: u64) -> Error {
        self.0.allowed = Some(allowed);
        self
    }

    /// Says that the limit is about a picture of this size in pixels.
    #[must_use]
    pub fn with_size(mut self, width: u32, height: u32) -> Error {
        self.0.size = Some((width, height));
        self
    }

    /// Keeps the error underneath, for operators.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Error {
        self.0.source = Some(Box::new(source));
        self
    }

    /// The same error for somebody else who waited for the same work; the error underneath stays with the first.
    #[must_use]
    pub fn repeat(&self) -> Error {
        let e = &*self.0;
        Error(Box::new(Inner { source: None, ..*e }))
    }

    /// What the caller's answer depends on.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The step of the flow that spoke.
    pub fn stage(&self) -> Stage {
        self.0.stage
    }

    /// The format that was being read, once it was known.
    pub fn format(&self) -> Option<Format> {
        self.0.format
    }

    /// The byte of the upload where it was noticed, where that is known.
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// The phrase alone, without numbers: stable within a version, fit for counting.
    pub fn what(&self) -> &'static str {
        self.0.what
    }

    /// The number that was found, where the error has one.
    pub fn found_value(&self) -> Option<u64> {
        match self.0.kind {
            Kind::Limit { found, .. } => Some(found),
            _ => self.0.found,
        }
    }

    /// The number that is allowed there, where the error has one.
    pub fn allowed_value(&self) -> Option<u64> {
        match self.0.kind {
            Kind::Limit { allowed, .. } => Some(allowed),
            _ => self.0.allowed,
        }
    }

    /// The size in pixels that the error is about, where it is about one.
    pub fn size(&self) -> Option<(u32, u32)> {
        self.0.size
    }

    /// One fixed sentence per kind for the person who uploaded: no path, no bytes, no number, no library.
    pub fn public(&self) -> &'static str {
        match self.0.kind {
            Kind::Cancelled => "The request was cancelled.",
            Kind::Deadline => "The picture took too long to process.",
            Kind::Io | Kind::Upstream => "Something went wrong on our side.",
            Kind::Isolation { .. } => "The picture could not be processed.",
            Kind::Limit { .. } => "The picture is too large or too complex.",
            Kind::Malformed => "The file is damaged or incomplete.",
            Kind::Misuse => "The request cannot be met.",
            Kind::Refused => "This file is not accepted.",
            Kind::Unsupported => "This kind of picture is not supported.",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let e = &*self.0;
        match (e.kind, e.size) {
            (Kind::Limit { limit, allowed, .. }, Some((width, height))) => {
                write!(f, "{width} x {height} pixels is over {limit} ({allowed})")?;
            }
            (Kind::Limit { limit, allowed, found }, None) => {
                write!(f, "{found} {} is over {limit} ({allowed})", e.what)?;
            }
            _ => f.write_str(e.what)?,
        }
        match (e.found, e.allowed) {
            (Some(found), Some(allowed)) => write!(f, " (found {found}, allowed {allowed})")?,
            (Some(found), None) => write!(f, " (found {found})")?,
            (None, Some(allowed)) => write!(f, " (allowed {allowed})")?,
            (None, None) => {}
        }
        if let Some(offset) = e.offset {
            write!(f, " at byte {offset}")?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| {
            let source: &(dyn StdError + 'static) = source.as_ref();
            source
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_where_the_limit_and_the_value_found() {
        let err = Error::malformed(Stage::Outline, Format::Png, "PLTE length is not a multiple of three")
            .found(7)
            .at(33);
        assert_eq!(err.to_string(), "PLTE length is not a multiple of three (found 7) at byte 33");
        assert_eq!(err.public(), "The file is damaged or incomplete.");
        let err = Error::limit(Stage::Admit, Limit::MaxScans, 64, 900);
        assert_eq!(err.to_string(), "900 scans is over max_scans (64)");
    }

    #[test]
    fn a_repeated_error_says_the_same_and_has_no_source() {
        let first = Error::malformed(Stage::Outline, Format::Png, "no IHDR").at(8).with_source(fmt::Error);
        let again = first.repeat();
        assert_eq!((again.to_string(), again.kind()), (first.to_string(), first.kind()));
        assert!(again.source().is_none() && first.source().is_some());
    }
}
