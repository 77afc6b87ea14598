//! What a worker answers, and what the parent believes of it.
//!
//! Sizes are held to the recipe and the limits, the number of bytes to the sizes, and an encoded picture to an outline
//! of our own: it has the format and the size that were said, no metadata, nothing after its end, and is nothing else
//! too. What the report says of the upload is the worker's word.

use std::num::NonZeroU32;

use fic_core::{
    ColourModel, Cost, FindingKind, Findings, Format, Header, Orientation, PixelBuf, PixelLayout, rows_bytes,
};
use fic_isolate::Done;
use fic_sniff::{PolyglotMark, PolyglotMarks};

use super::codec::{Reading, Writing};
use super::refusal;
use crate::pipeline::AnyOutline;
use crate::report::{Pixels, Report, Thumbnail};
use crate::{Error, Inspection, Policy, Recipe};

const REFUSED: u8 = 0;
const MADE: u8 = 1;

const LAYOUTS: [PixelLayout; 5] =
    [PixelLayout::Cmyk, PixelLayout::Gray, PixelLayout::GrayAlpha, PixelLayout::Rgb, PixelLayout::Rgba];

const COLOURS: [ColourModel; 6] = [
    ColourModel::Cmyk,
    ColourModel::Gray,
    ColourModel::Palette,
    ColourModel::Rgb,
    ColourModel::YCbCr,
    ColourModel::Ycck,
];

pub(super) fn write_refusal(error: &Error) -> Vec<u8> {
    let mut to = Writing::default();
    to.u8(REFUSED);
    refusal::write(error, &mut to);
    to.0
}

pub(super) fn write_thumbnail(thumb: &Thumbnail) -> Vec<u8> {
    let mut to = Writing::default();
    to.u8(MADE);
    to.place(&Format::ALL, &thumb.format);
    to.u32(thumb.width);
    to.u32(thumb.height);
    write_report(&thumb.report, &mut to);
    to.0
}

pub(super) fn write_pixels(pixels: &Pixels) -> Vec<u8> {
    let mut to = Writing::default();
    to.u8(MADE);
    to.place(&LAYOUTS, &pixels.buffer.layout());
    to.u32(pixels.buffer.width());
    to.u32(pixels.buffer.height());
    write_report(&pixels.report, &mut to);
    to.0
}

pub(super) fn write_inspection(inspection: &Inspection) -> Vec<u8> {
    let mut to = Writing::default();
    to.u8(MADE);
    let header = &inspection.header;
    to.place(&Format::ALL, &header.format);
    to.u32(header.width.get());
    to.u32(header.height.get());
    to.place(&COLOURS, &header.colour);
    to.u8(header.bit_depth);
    to.u8(u8::from(header.has_alpha));
    to.u64(header.frames);
    to.u64(header.scans);
    to.u8(u8::try_from(header.orientation.exif()).unwrap_or(1));
    to.u64(header.icc_bytes);
    to.u64(header.metadata_bytes);
    to.u64(header.trailing_bytes);
    write_findings(&header.findings, &mut to);
    write_findings(&inspection.findings, &mut to);
    for mark in PolyglotMark::ALL {
        let at = inspection.polyglot_marks.iter().find(|(other, _)| *other == mark);
        to.maybe(at.map(|(_, at)| at));
    }
    match (&inspection.predicted, &inspection.refusal) {
        (Some(cost), _) => {
            to.u8(MADE);
            to.u64(cost.work);
            to.u64(cost.peak_heap);
        }
        (None, Some(error)) => {
            to.u8(REFUSED);
            refusal::write(error, &mut to);
        }
        (None, None) => to.u8(u8::MAX),
    }
    to.0
}

fn write_report(report: &Report, to: &mut Writing) {
    to.place(&Format::ALL, &report.format);
    to.u32(report.stored_size.0);
    to.u32(report.stored_size.1);
    to.u8(u8::try_from(report.orientation.exif()).unwrap_or(1));
    to.u64(report.frames);
    to.u64(report.predicted.work);
    to.u64(report.predicted.peak_heap);
    to.u64(report.peak_held_bytes);
    write_findings(&report.findings, to);
}

fn write_findings(findings: &Findings, to: &mut Writing) {
    to.u8(u8::try_from(findings.iter().count()).unwrap_or(u8::MAX));
    for finding in findings.iter() {
        to.place(FindingKind::ALL, &finding.kind);
        to.u64(finding.offset);
        to.u64(finding.count);
    }
}

/// The thumbnail of `recipe`, if it is one.
pub(super) fn thumbnail(done: &Done, policy: &Policy, recipe: &Recipe) -> Result<Thumbnail, Error> {
    let (start, report) = made(done, |from| {
        let start = (from.place(&Format::ALL)?, from.u32()?, from.u32()?);
        Some((start, read_report(from)?))
    })?;
    let (format, width, height) = start;
    check_size(policy, recipe, width, height)?;
    let bytes = done.output.to_vec().map_err(|_| refusal::no_answer())?;
    check_picture(&bytes, format, width, height).ok_or_else(refusal::no_answer)?;
    Ok(Thumbnail { bytes, format, width, height, report })
}

/// The pixels of `recipe`, if they are that.
pub(super) fn pixels(done: &Done, policy: &Policy, recipe: &Recipe) -> Result<Pixels, Error> {
    let (start, report) = made(done, |from| {
        let start = (from.place(&LAYOUTS)?, from.u32()?, from.u32()?);
        Some((start, read_report(from)?))
    })?;
    let (layout, width, height) = start;
    check_size(policy, recipe, width, height)?;
    if done.output.len() != rows_bytes(layout, width, height) || layout == PixelLayout::Cmyk {
        return Err(refusal::no_answer());
    }
    let bytes = done.output.to_vec().map_err(|_| refusal::no_answer())?;
    let buffer = PixelBuf::from_parts(layout, width, height, bytes, None)?;
    Ok(Pixels { buffer, report })
}

/// What was seen, if it can be that.
pub(super) fn inspection(done: &Done) -> Result<Inspection, Error> {
    made(done, |from| {
        let header = read_header(from)?;
        let findings = read_findings(from)?;
        let mut marks = Vec::new();
        for mark in PolyglotMark::ALL {
            marks.extend(from.maybe()?.map(|at| (mark, at)));
        }
        let polyglot_marks: PolyglotMarks = marks.into_iter().collect();
        let (predicted, refusal) = match from.u8()? {
            MADE => (Some(Cost { work: from.u64()?, peak_heap: from.u64()? }), None),
            REFUSED => (None, Some(refusal::read(from)?)),
            _ => return None,
        };
        Some(Inspection { header, findings, polyglot_marks, predicted, refusal })
    })
}

/// The refusal, or what `read` makes of an answer that is wholly read by it.
fn made<T>(done: &Done, read: impl FnOnce(&mut Reading<'_>) -> Option<T>) -> Result<T, Error> {
    let mut from = Reading::of(&done.head);
    let made = match from.u8() {
        Some(REFUSED) => {
            let error = refusal::read(&mut from).ok_or_else(refusal::no_answer)?;
            return Err(from.end(error).unwrap_or_else(refusal::no_answer));
        }
        Some(MADE) => read(&mut from),
        _ => None,
    };
    made.and_then(|made| from.end(made)).ok_or_else(refusal::no_answer)
}

/// No picture is larger than was asked for, nor than is allowed.
fn check_size(policy: &Policy, recipe: &Recipe, width: u32, height: u32) -> Result<(), Error> {
    let area = u64::from(width).saturating_mul(height.into());
    let is_asked_for = (1..=recipe.width).contains(&width) && (1..=recipe.height).contains(&height);
    if is_asked_for && area <= policy.limits.max_output_pixels { Ok(()) } else { Err(refusal::no_answer()) }
}

/// Whether the bytes are a clean picture of that format and size, as far as an outline tells.
fn check_picture(bytes: &[u8], format: Format, width: u32, height: u32) -> Option<()> {
    let is_format = fic_sniff::sniff(bytes).require_picture().is_ok_and(|seen| seen == format);
    let outline = AnyOutline::read(format, bytes).ok().filter(|_| is_format)?;
    let header = outline.header();
    let is_size = (header.width.get(), header.height.get()) == (width, height);
    let is_clean = header.metadata_bytes == 0 && header.icc_bytes == 0 && header.trailing_bytes == 0;
    let is_alone = header.frames == 1 && fic_sniff::polyglot_marks(format, bytes, bytes.len()).is_empty();
    (is_size && is_clean && is_alone).then_some(())
}

fn read_report(from: &mut Reading<'_>) -> Option<Report> {
    Some(Report {
        format: from.place(&Format::ALL)?,
        stored_size: (from.u32()?, from.u32()?),
        orientation: read_orientation(from)?,
        frames: from.u64()?,
        predicted: Cost { work: from.u64()?, peak_heap: from.u64()? },
        peak_held_bytes: from.u64()?,
        findings: read_findings(from)?,
    })
}

fn read_header(from: &mut Reading<'_>) -> Option<Header> {
    Some(Header {
        format: from.place(&Format::ALL)?,
        width: NonZeroU32::new(from.u32()?)?,
        height: NonZeroU32::new(from.u32()?)?,
        colour: from.place(&COLOURS)?,
        bit_depth: from.u8()?,
        has_alpha: from.flag()?,
        frames: from.u64()?,
        scans: from.u64()?,
        orientation: read_orientation(from)?,
        icc_bytes: from.u64()?,
        metadata_bytes: from.u64()?,
        trailing_bytes: from.u64()?,
        findings: read_findings(from)?,
    })
}

fn read_orientation(from: &mut Reading<'_>) -> Option<Orientation> {
    Orientation::from_exif(from.u8()?.into())
}

fn read_findings(from: &mut Reading<'_>) -> Option<Findings> {
    let mut findings = Findings::new();
    for _ in 0..from.u8()? {
        let kind = from.place(FindingKind::ALL)?;
        findings.note_many(kind, from.u64()?, from.u64()?);
    }
    Some(findings)
}

#[cfg(test)]
mod tests {
    use fic_core::{Kind, Limits};
    use fic_isolate::SealedFile;

    use super::*;
    use crate::{Output, Thumbnailer};

    const PROTOCOL: Kind = Kind::Isolation { incident: fic_core::Incident::Protocol };

    fn garden() -> Vec<u8> {
        std::fs::read("../../corpus/samples/garden.jpg").unwrap()
    }

    fn done(head: &[u8], output: &[u8]) -> Done {
        Done { head: head.to_vec(), output: SealedFile::of(output).unwrap() }
    }

    #[test]
    fn an_answer_that_is_not_what_was_asked_for_is_refused() {
        let (policy, recipe) = (Policy::untrusted(), Recipe::within(40, 40).with_output(Output::Png));
        let thumb = Thumbnailer::default().thumbnail(&garden(), &recipe).unwrap();
        let head = write_thumbnail(&thumb);
        let read = |head: &[u8], output: &[u8], recipe: &Recipe, policy: &Policy| {
            thumbnail(&done(head, output), policy, recipe).map(|thumb| thumb.bytes).map_err(|e| e.kind())
        };
        assert_eq!(read(&head, &thumb.bytes, &recipe, &policy), Ok(thumb.bytes.clone()));
        let trailing = [thumb.bytes.as_slice(), b"<script>alert(1)</script>"].concat();
        for output in [&b"<html>"[..], b"", &trailing, &garden(), &thumb.bytes[1..]] {
            assert_eq!(read(&head, output, &recipe, &policy), Err(PROTOCOL));
        }
        let (smaller, wider) =
            (Recipe::within(39, 39), Thumbnail { width: thumb.width - 1, ..thumb.clone() });
        assert_eq!(read(&head, &thumb.bytes, &smaller, &policy), Err(PROTOCOL));
        assert_eq!(read(&write_thumbnail(&wider), &thumb.bytes, &recipe, &policy), Err(PROTOCOL));
        let another = Thumbnail { format: Format::WebP, ..thumb.clone() };
        assert_eq!(read(&write_thumbnail(&another), &thumb.bytes, &recipe, &policy), Err(PROTOCOL));
        let tight = policy.clone().with_limits(Limits::untrusted().with_max_output_pixels(100));
        assert_eq!(read(&head, &thumb.bytes, &recipe, &tight), Err(PROTOCOL));
        for cut in 0..head.len() {
            assert_eq!(read(&head[..cut], &thumb.bytes, &recipe, &policy), Err(PROTOCOL), "{cut}");
        }
        let longer = [head.as_slice(), &[0]].concat();
        assert_eq!(read(&longer, &thumb.bytes, &recipe, &policy), Err(PROTOCOL));
    }

    #[test]
    fn pixels_are_as_many_as_their_size_says() {
        let (policy, recipe) = (Policy::untrusted(), Recipe::within(10, 10));
        let made = Thumbnailer::default().pixels(&garden(), &recipe).unwrap();
        let (head, bytes) = (write_pixels(&made), made.buffer.as_bytes());
        assert_eq!(pixels(&done(&head, bytes), &policy, &recipe).unwrap().buffer.as_bytes(), bytes);
        for output in [&bytes[1..], &[bytes, &[0]].concat(), &[]] {
            assert_eq!(pixels(&done(&head, output), &policy, &recipe).unwrap_err().kind(), PROTOCOL);
        }
    }

    #[test]
    fn any_changed_byte_of_an_inspection_is_an_inspection_or_refused() {
        let inspection = Thumbnailer::default().inspect(&garden()).unwrap();
        let head = write_inspection(&inspection);
        let again = super::inspection(&done(&head, &[])).unwrap();
        assert_eq!(format!("{:?}", again.header), format!("{:?}", inspection.header));
        for at in 0..head.len() {
            for with in [0xff, 0x01, 0x80] {
                let mut changed = head.clone();
                changed[at] ^= with;
                if let Err(e) = super::inspection(&done(&changed, &[])) {
                    assert_eq!(e.kind(), PROTOCOL, "{at} {with}");
                }
            }
            assert!(super::inspection(&done(&head[..at], &[])).is_err());
        }
    }
}
