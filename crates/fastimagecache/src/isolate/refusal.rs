//! An error as a worker sends it: kind, numbers and phrase. The error underneath stays behind.

use fic_core::{Error, Format, Incident, Kind, Limit, Stage};

use super::codec::{Reading, Writing};
use super::phrases;

pub(super) const STAGES: [Stage; 10] = [
    Stage::Sniff,
    Stage::Outline,
    Stage::Admit,
    Stage::Decode,
    Stage::Shrink,
    Stage::Orient,
    Stage::Colour,
    Stage::Resample,
    Stage::Encode,
    Stage::Cache,
];

const LIMITS: [Limit; 13] = [
    Limit::MaxFrames,
    Limit::MaxHeapBytes,
    Limit::MaxHeight,
    Limit::MaxIccBytes,
    Limit::MaxInputBytes,
    Limit::MaxMetadataBytes,
    Limit::MaxOutputPixels,
    Limit::MaxPixels,
    Limit::MaxScans,
    Limit::MaxTableBytes,
    Limit::MaxWall,
    Limit::MaxWidth,
    Limit::MaxWork,
];

/// Kinds without numbers of their own, in the order of their numbers here.
const PLAIN: [Kind; 8] = [
    Kind::Cancelled,
    Kind::Deadline,
    Kind::Io,
    Kind::Malformed,
    Kind::Misuse,
    Kind::Refused,
    Kind::Unsupported,
    Kind::Upstream,
];

const LIMIT: u8 = 100;

pub(super) fn write(error: &Error, to: &mut Writing) {
    match error.kind() {
        Kind::Limit { limit, .. } => {
            to.u8(LIMIT);
            to.place(&LIMITS, &limit);
        }
        kind => to.place(&PLAIN, &kind),
    }
    to.place(&STAGES, &error.stage());
    to.maybe(
        error
            .format()
            .and_then(|format| Format::ALL.iter().position(|other| *other == format))
            .map(|at| at as u64),
    );
    to.maybe(error.offset());
    to.maybe(error.found_value());
    to.maybe(error.allowed_value());
    to.maybe(error.size().map(|(width, height)| u64::from(width) << 32 | u64::from(height)));
    let phrase = error.what();
    let phrase = phrase.get(..phrases::LONGEST).unwrap_or(phrase);
    to.u8(u8::try_from(phrase.len()).unwrap_or(0));
    to.0.extend_from_slice(phrase.as_bytes());
}

pub(super) fn read(from: &mut Reading<'_>) -> Option<Error> {
    let (kind, limit) = match from.u8()? {
        LIMIT => (None, Some(from.place(&LIMITS)?)),
        plain => (Some(*PLAIN.get(usize::from(plain))?), None),
    };
    let stage = from.place(&STAGES)?;
    let format = match from.maybe()? {
        None => None,
        Some(at) => Some(*Format::ALL.get(usize::try_from(at).ok()?)?),
    };
    let (offset, found, allowed, size) = (from.maybe()?, from.maybe()?, from.maybe()?, from.maybe()?);
    let length = from.u8()?;
    let phrase = std::str::from_utf8(from.0.take(usize::from(length))?).ok()?;
    let what = phrases::kept(phrase);
    let mut error = match (kind, limit) {
        (Some(kind), _) => Error::new(kind, stage, what),
        (None, limit) => {
            let (limit, allowed, found) = (limit?, allowed?, found?);
            Error::new(Kind::Limit { limit, allowed, found }, stage, what)
        }
    };
    if let Some(format) = format {
        error = error.in_format(format);
    }
    if let Some(offset) = offset {
        error = error.at(offset);
    }
    if let (Some(found), Some(_)) = (found, kind) {
        error = error.found(found);
    }
    if let (Some(allowed), Some(_)) = (allowed, kind) {
        error = error.allowed(allowed);
    }
    if let Some(size) = size {
        error = error.with_size(u32::try_from(size >> 32).ok()?, u32::try_from(size & 0xffff_ffff).ok()?);
    }
    Some(error)
}

/// What stands for an answer that is none.
pub(super) fn no_answer() -> Error {
    Error::isolation(Incident::Protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_come_over_with_their_words_and_numbers() {
        let errors = [
            Error::malformed(Stage::Outline, Format::Png, "no IHDR").found(7).allowed(9).at(33),
            Error::limit(Stage::Admit, Limit::MaxPixels, 10, 16).with_size(4, 4).in_format(Format::Gif),
            Error::limit(Stage::Admit, Limit::MaxScans, 64, 900),
            Error::new(Kind::Refused, Stage::Sniff, "an svg document"),
        ];
        for error in errors {
            let mut sent = Writing::default();
            write(&error, &mut sent);
            let mut reading = Reading::of(&sent.0);
            let come = read(&mut reading).unwrap();
            assert_eq!(come.to_string(), error.to_string());
            assert_eq!(
                (come.kind(), come.stage(), come.format()),
                (error.kind(), error.stage(), error.format())
            );
            assert!(reading.end(()).is_some());
            for cut in 0..sent.0.len() {
                assert!(read(&mut Reading::of(&sent.0[..cut])).is_none(), "{cut}");
            }
        }
    }
}
