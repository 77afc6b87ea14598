//! The one place where an event is written: every field that there is, in one list.

use std::fmt::{Display, Write};

use fic_core::{Error, Format, Kind};
use sha2::{Digest, Sha256};
use tracing::{Level, event};

use crate::catalogue::{Severity, entry};
use crate::{Label, TARGET};

/// What an event says. A field that does not apply is left out.
pub(crate) struct Told<'a> {
    pub(crate) event_id: &'static str,
    pub(crate) kind: Option<&'static str>,
    pub(crate) limit: Option<&'static str>,
    pub(crate) allowed: Option<u64>,
    pub(crate) found: Option<u64>,
    pub(crate) format: Option<Format>,
    pub(crate) stage: Option<&'static str>,
    pub(crate) offset: Option<u64>,
    /// A fixed phrase, never text of an upload.
    pub(crate) reason: &'static str,
    /// The upload, for its length and digest; of what is longer than `digest_at_most` there is no digest.
    pub(crate) upload: Option<&'a [u8]>,
    pub(crate) digest_at_most: u64,
    pub(crate) source: Option<&'a str>,
    pub(crate) operation: Option<&'static str>,
    /// The work was not done anew: the same failed a short while ago, or for somebody else just now.
    pub(crate) repeated: Option<bool>,
    pub(crate) entry: Option<&'a dyn Display>,
}

impl<'a> Told<'a> {
    pub(crate) const fn of(event_id: &'static str) -> Told<'a> {
        Told {
            event_id,
            kind: None,
            limit: None,
            allowed: None,
            found: None,
            format: None,
            stage: None,
            offset: None,
            reason: "",
            upload: None,
            digest_at_most: 0,
            source: None,
            operation: None,
            repeated: None,
            entry: None,
        }
    }

    /// What an error says of itself.
    pub(crate) fn of_error(error: &Error) -> Told<'a> {
        Told {
            kind: Some(error.kind().name()),
            limit: limit_name(error.kind()),
            allowed: error.allowed_value(),
            found: error.found_value(),
            format: error.format(),
            stage: Some(error.stage().name()),
            offset: error.offset(),
            reason: error.what(),
            ..Told::of(error.kind().event_id())
        }
    }
}

pub(crate) fn limit_name(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Limit { limit, .. } => Some(limit.name()),
        _ => None,
    }
}

/// Writes the event at the level of its severity. Where no subscriber wants it, no field is made: the digest of an
/// upload takes 0.8 ms a MiB.
pub(crate) fn tell(told: &Told<'_>) {
    macro_rules! at {
        ($level:expr, $severity:expr) => {
            event!(
                target: TARGET,
                $level,
                event_id = told.event_id,
                severity = $severity.name(),
                kind = told.kind,
                limit = told.limit,
                allowed = told.allowed,
                found = told.found,
                format = told.format.map(Format::name),
                stage = told.stage,
                offset = told.offset,
                sha256 = digest(told).as_deref(),
                bytes = told.upload.map(|bytes| bytes.len() as u64),
                source = told.source.map(|source| Label(source).to_string()).as_deref(),
                operation = told.operation,
                repeated = told.repeated,
                entry = told.entry.map(|entry| Label(&entry.to_string()).to_string()).as_deref(),
                reason = told.reason,
            )
        };
    }
    match entry(told.event_id).map_or(Severity::High, |entry| entry.severity) {
        Severity::Notice => at!(Level::INFO, Severity::Notice),
        Severity::Low => at!(Level::INFO, Severity::Low),
        Severity::Medium => at!(Level::WARN, Severity::Medium),
        Severity::High => at!(Level::ERROR, Severity::High),
    }
}

fn digest(told: &Told<'_>) -> Option<String> {
    let bytes = told.upload.filter(|bytes| bytes.len() as u64 <= told.digest_at_most)?;
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Some(hex)
}
