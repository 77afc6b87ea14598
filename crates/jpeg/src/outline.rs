//! The outline: one linear pass over the markers, no pixel decoded, nothing allocated.
//!
//! In come the bytes of a file; out goes what it says about itself. Refused is what cannot be told apart
//! at all: no SOI, broken lengths before the first scan, tables that are none, two frames. What can be told
//! but not decoded, or puts pixels in doubt, is kept as the [`problem`](Outline::problem) for admission.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Budget, Error, Format, Header, HeldBytes, Kind, Limits, Span, Stage};

use crate::frame::{Frame, Process};
use crate::icc::IccSegments;
use crate::marker;
use crate::scan::{Scan, Scans};
use crate::segments::Segments;
use crate::used::Used;

mod pass;

use pass::Pass;

/// What a JPEG file says about itself.
#[derive(Clone, Debug)]
pub struct Outline {
    header: Header,
    frame: Frame,
    ending: Ending,
    table_bytes: u64,
    restart_markers: u64,
    block_scans: u64,
    adobe_transform: Option<u8>,
    jfif: bool,
    exif: Option<Span>,
    icc: IccSegments,
    xmp_bytes: u64,
    mpf: bool,
    problem: Option<Problem>,
    floor: Floor,
    data_bytes: u64,
    complete: bool,
    used: Used,
    first_scan: Option<Scan>,
}

/// How the stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With EOI.
    Eoi,
    /// Without EOI: in the data of a scan, or where a marker should be.
    Missing,
    /// Inside a segment.
    Cut,
}

/// Why the file will not be decoded, whatever the limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Problem {
    /// `Malformed`, or `Unsupported` for what is well-formed by another convention.
    pub(crate) kind: Kind,
    pub(crate) what: &'static str,
    pub(crate) at: u64,
}

/// The scan whose data is shortest for the blocks it claims: bits that there are, and that it needs at
/// the very least.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Floor {
    pub(crate) found: u64,
    pub(crate) needed: u64,
}

/// Reads the outline of a JPEG file.
///
/// # Errors
/// `Malformed` where the structure cannot be read or states two frames, `Unsupported` where no size can be
/// told (hierarchical pictures, a height that a DNL segment states, more than four components).
pub fn outline(input: &[u8]) -> Result<Outline, Error> {
    if !input.starts_with(&[0xFF, marker::SOI]) {
        return Err(malformed("no SOI marker at the start", 0));
    }
    if input.get(2) != Some(&0xFF) {
        return Err(malformed("no marker behind SOI", 2));
    }
    let mut pass = Pass::new(input);
    let mut segments = Segments::new(input);
    for segment in &mut segments {
        pass.take(&segment)?;
    }
    pass.finish(segments.position())
}

impl Outline {
    /// The part that every format has.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The frame header.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The scans, with the tables that are in force for each; `input` is the file that was outlined.
    pub fn scans<'a>(&self, input: &'a [u8]) -> Scans<'a> {
        Scans::new(input, self.frame)
    }

    /// How the stream ends.
    pub fn ending(&self) -> Ending {
        self.ending
    }

    /// Bytes of DHT and DQT segments.
    pub fn table_bytes(&self) -> u64 {
        self.table_bytes
    }

    /// Restart markers between data, in all scans.
    pub fn restart_markers(&self) -> u64 {
        self.restart_markers
    }

    /// Blocks, counted once for each scan that codes them.
    pub fn block_scans(&self) -> u64 {
        self.block_scans
    }

    /// Whether a JFIF segment is there.
    pub fn has_jfif(&self) -> bool {
        self.jfif
    }

    /// The colour transform of Adobe's segment: 0 none, 1 YCbCr, 2 YCCK.
    pub fn adobe_transform(&self) -> Option<u8> {
        self.adobe_transform
    }

    /// The EXIF data: a TIFF structure.
    pub fn exif(&self) -> Option<Span> {
        self.exif
    }

    /// Bytes of XMP.
    pub fn xmp_bytes(&self) -> u64 {
        self.xmp_bytes
    }

    /// Segments that hold parts of an ICC profile.
    pub fn icc_segments(&self) -> u64 {
        self.icc.segments
    }

    /// Whether a multi-picture index is there.
    pub fn has_multi_picture_index(&self) -> bool {
        self.mpf
    }

    /// What puts the pixels in doubt, if anything does: admission refuses the file for it.
    pub fn problem(&self) -> Option<&'static str> {
        self.problem.map(|problem| problem.what)
    }

    /// The ICC profile, put together from its segments; `None` where there is none.
    ///
    /// # Errors
    /// `Malformed` where the segments do not make one profile, `Limit` naming `max_icc_bytes` or
    /// `max_heap_bytes`. None of them is a reason to refuse the picture.
    pub fn icc(&self, input: &[u8], limits: &Limits, budget: &Budget) -> Result<Option<HeldBytes>, Error> {
        self.icc.assemble(input, limits, budget)
    }

    pub(crate) fn first_problem(&self) -> Option<Problem> {
        self.problem
    }

    pub(crate) fn floor(&self) -> Floor {
        self.floor
    }

    /// Whether no further scan could add to the picture.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    /// The only scan, where it is a sequential one of all components.
    pub(crate) fn one_pass(&self) -> Option<Scan> {
        let scan = self.first_scan.filter(|_| self.header.scans == 1)?;
        let whole = scan.header.components().len() == self.frame.components().len();
        Some(scan).filter(|_| whole && self.frame.process != Process::Progressive)
    }

    pub(crate) fn used(&self) -> &Used {
        &self.used
    }

    /// Bytes of entropy-coded data in all scans.
    pub fn data_bytes(&self) -> u64 {
        self.data_bytes
    }
}

fn malformed(what: &'static str, at: u64) -> Error {
    Error::malformed(Stage::Outline, Format::Jpeg, what).at(at)
}

fn offset(at: usize) -> u64 {
    u64::try_from(at).unwrap_or(u64::MAX)
}
