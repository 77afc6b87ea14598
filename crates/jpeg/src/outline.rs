//! The outline: one linear pass over the markers, no pixel decoded, nothing allocated.
//!
//! In come the bytes of a file; out goes what it says about itself. Refused is what cannot be told apart
//! at all: no SOI, broken lengths before the first scan, tables that are none, two frames. What can be told
//! but not decoded, or puts pixels in doubt, is kept as the [`problem`](Outline::problem) for admission.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{
    Budget, ColourModel, Error, FindingKind, Findings, Format, Header, HeldBytes, Limits, Orientation, Span,
    Stage, exif,
};

use crate::app::{Applications, Holds};
use crate::colour;
use crate::coverage::Coverage;
use crate::frame::{Frame, Process};
use crate::icc::IccSegments;
use crate::marker;
use crate::scan::{ScanHeader, Scans};
use crate::scandata::ScanData;
use crate::segments::{Segment, Segments};
use crate::tables::Tables;

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
    complete: bool,
    one_pass: bool,
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

    /// Whether one sequential scan holds all components.
    pub(crate) fn is_one_pass(&self) -> bool {
        self.one_pass
    }
}

/// The state of the pass.
struct Pass<'a> {
    input: &'a [u8],
    findings: Findings,
    applications: Applications,
    tables: Tables,
    frame: Option<Frame>,
    coverage: Coverage,
    scans: u64,
    table_bytes: u64,
    metadata_bytes: u64,
    fill_bytes: u64,
    restart_markers: u64,
    block_scans: u64,
    problem: Option<Problem>,
    floor: Floor,
    /// Restart markers are missing from the scan that was read last: truncation if nothing follows.
    restarts_missing: Option<Problem>,
    one_pass: bool,
    ending: Ending,
}

impl<'a> Pass<'a> {
    fn new(input: &'a [u8]) -> Pass<'a> {
        Pass {
            input,
            findings: Findings::new(),
            applications: Applications::default(),
            tables: Tables::default(),
            frame: None,
            coverage: Coverage::new(),
            scans: 0,
            table_bytes: 0,
            metadata_bytes: 0,
            fill_bytes: 0,
            restart_markers: 0,
            block_scans: 0,
            problem: None,
            floor: Floor::default(),
            restarts_missing: None,
            one_pass: false,
            ending: Ending::Missing,
        }
    }

    fn take(&mut self, segment: &Segment) -> Result<(), Error> {
        let at = offset(segment.at);
        self.count_before(segment);
        if segment.broken {
            if self.scans == 0 {
                return Err(malformed("segment length is too small or runs past the end", at));
            }
            self.ending = Ending::Cut;
            return Ok(());
        }
        if let Some(problem) = self.restarts_missing.take() {
            self.problem.get_or_insert(problem);
        }
        match segment.marker {
            marker::SOI => return Err(malformed("a second SOI marker inside the picture", at)),
            marker::EOI => self.ending = Ending::Eoi,
            marker::SOS => self.take_scan(segment)?,
            marker::DHT | marker::DQT | marker::DRI => self.take_tables(segment)?,
            marker::DNL => self.take_line_count(segment),
            marker::DHP | 0xDF => {
                let what = "a hierarchical picture";
                return Err(Error::unsupported(Stage::Outline, Format::Jpeg, what).at(at));
            }
            // Conditioning of arithmetic coding: the frame says that it is not decoded.
            marker::DAC => {}
            code if marker::is_frame(code) => self.take_frame(segment)?,
            marker::APP0..=marker::APP15 | marker::COM => self.take_application(segment),
            code if marker::stands_alone(code) => self.findings.note(FindingKind::JunkBetweenChunks, at),
            _ => {
                self.findings.note(FindingKind::UnknownChunk, at);
                self.count_metadata(segment);
            }
        }
        Ok(())
    }

    /// Fill and junk carry bytes through a file as well as a comment does: they count as metadata.
    fn count_before(&mut self, segment: &Segment) {
        let (fill, junk) = (count(segment.before.fill), count(segment.before.junk));
        self.fill_bytes = self.fill_bytes.saturating_add(fill);
        self.metadata_bytes = self.metadata_bytes.saturating_add(fill).saturating_add(junk);
        if junk > 0 || self.fill_bytes > MANY_FILL_BYTES {
            self.findings.note(FindingKind::JunkBetweenChunks, offset(segment.at));
        }
    }

    fn count_metadata(&mut self, segment: &Segment) {
        self.metadata_bytes = self.metadata_bytes.saturating_add(count(segment.payload.len()));
    }

    fn take_frame(&mut self, segment: &Segment) -> Result<(), Error> {
        let at = offset(segment.at);
        if self.frame.is_some() {
            return Err(malformed("a second frame header", at));
        }
        self.frame = Some(Frame::read(segment.marker, segment.payload.of(self.input), at)?);
        Ok(())
    }

    fn take_tables(&mut self, segment: &Segment) -> Result<(), Error> {
        if segment.marker != marker::DRI {
            self.table_bytes = self.table_bytes.saturating_add(count(segment.payload.len()));
        }
        let defined = self.tables.define(self.input, segment);
        defined.map_err(|what| malformed(what, offset(segment.at)))
    }

    /// T.81, B.2.5. Like libjpeg we go by the frame header, so the two must agree.
    fn take_line_count(&mut self, segment: &Segment) {
        let stated = match segment.payload.of(self.input) {
            &[high, low] => Some(u32::from(u16::from_be_bytes([high, low]))),
            _ => None,
        };
        if stated != self.frame.map(|frame| frame.height.get()) {
            self.doubt("a DNL segment states another height than the frame", segment.at);
        }
    }

    fn take_application(&mut self, segment: &Segment) {
        let holds =
            if self.scans == 0 { self.applications.take(self.input, segment) } else { Holds::Metadata };
        if holds == Holds::Metadata {
            self.findings.note(FindingKind::Metadata, offset(segment.at));
            self.count_metadata(segment);
        }
    }

    fn take_scan(&mut self, segment: &Segment) -> Result<(), Error> {
        let at = offset(segment.at);
        let frame = self.frame.ok_or_else(|| malformed("a scan comes before the frame header", at))?;
        self.scans = self.scans.saturating_add(1);
        if !frame.process.is_huffman_dct() {
            return Ok(());
        }
        let Some(data) = segment.data else { return Ok(()) };
        let header = ScanHeader::read(segment.payload.of(self.input), &frame);
        let header = header.map_err(|what| malformed(what, at))?;
        if let Err(what) = self.coverage.take(&frame, &header, &self.tables) {
            self.doubt(what, segment.at);
            return Ok(());
        }
        let sequential = frame.process != Process::Progressive;
        if sequential && (header.first, header.last, header.high, header.low) != (0, 63, 0, 0) {
            // libjpeg warns and decodes; the numbers mean nothing in a sequential scan.
            self.findings.note(FindingKind::ContradictoryHeader, at);
        }
        self.one_pass = sequential && header.components().len() == frame.components().len();
        self.block_scans = self.block_scans.saturating_add(header.blocks(&frame));
        self.raise_floor(&frame, &header, &data);
        self.check_restarts(&frame, &header, &data);
        Ok(())
    }

    /// A sequential block takes a DC and an AC code, two bits; a DC scan takes one bit a block, the first
    /// as a code and each refinement as the bit itself. AC scans have no floor: end-of-band runs.
    fn raise_floor(&mut self, frame: &Frame, header: &ScanHeader, data: &ScanData) {
        let bits_a_block = match (frame.process, header.first) {
            (Process::Progressive, 0) => 1,
            (Process::Progressive, _) => 0,
            _ => 2,
        };
        let needed = header.blocks(frame).saturating_mul(bits_a_block);
        let found = data.code_bits();
        let lack = needed.saturating_sub(found);
        if self.floor.needed == 0 || lack > self.floor.needed.saturating_sub(self.floor.found) {
            self.floor = Floor { found, needed };
        }
    }

    fn check_restarts(&mut self, frame: &Frame, header: &ScanHeader, data: &ScanData) {
        self.restart_markers = self.restart_markers.saturating_add(data.restarts);
        let due = match u64::from(self.tables.restart_interval) {
            0 => 0,
            interval => header.mcus(frame).div_ceil(interval).saturating_sub(1),
        };
        if data.trailing_restarts > 0 {
            self.findings.note(FindingKind::SloppyLength, offset(data.span.end));
        }
        if let Some(at) = data.out_of_order {
            self.doubt("restart markers are out of order", at);
        } else if data.restarts > due {
            self.doubt("more restart markers than the restart interval asks for", data.span.start);
        } else if data.restarts < due {
            let what = "fewer restart markers than the restart interval asks for";
            self.restarts_missing = Some(Problem { what, at: offset(data.span.start) });
        }
    }

    fn doubt(&mut self, what: &'static str, at: usize) {
        self.problem.get_or_insert(Problem { what, at: offset(at) });
    }

    fn finish(mut self, end: usize) -> Result<Outline, Error> {
        let whole = offset(self.input.len());
        let frame = self.frame.ok_or_else(|| malformed("no frame header", whole))?;
        if self.scans == 0 {
            return Err(malformed("no scan", whole));
        }
        if frame.process.is_huffman_dct() && !self.coverage.has_every_component(&frame) {
            self.doubt("a component has no scan", self.input.len());
        }
        let applications = &self.applications;
        let (colour, contradictory) = colour::decide(&frame, applications.jfif, applications.adobe_transform);
        if contradictory {
            self.findings.note(FindingKind::ContradictoryHeader, 0);
        }
        let trailing_bytes = self.judge_ending(end);
        let header = self.header(&frame, colour, trailing_bytes);
        Ok(Outline {
            header,
            frame,
            ending: self.ending,
            table_bytes: self.table_bytes,
            restart_markers: self.restart_markers,
            block_scans: self.block_scans,
            adobe_transform: self.applications.adobe_transform,
            jfif: self.applications.jfif,
            exif: self.applications.exif,
            icc: self.applications.icc,
            xmp_bytes: self.applications.xmp_bytes,
            mpf: self.applications.mpf,
            problem: self.problem,
            floor: self.floor,
            complete: self.coverage.is_complete(&frame),
            one_pass: self.one_pass && self.scans == 1,
        })
    }

    /// Notes what stands behind EOI, or that there is none; the bytes behind it.
    fn judge_ending(&mut self, end: usize) -> u64 {
        if self.ending != Ending::Eoi {
            self.findings.note(FindingKind::MissingEnd, offset(self.input.len()));
            return 0;
        }
        let trailing = self.input.get(end..).unwrap_or_default();
        if !trailing.is_empty() {
            self.findings.note(FindingKind::TrailingBytes, offset(end));
        }
        // Padding may stand before the second picture of a multi-picture file.
        let padding = trailing.iter().take_while(|&&byte| byte == 0).count();
        let behind = trailing.get(padding..).unwrap_or_default();
        if behind.starts_with(&[0xFF, marker::SOI, 0xFF]) || (self.applications.mpf && !behind.is_empty()) {
            self.findings.note(FindingKind::EmbeddedPicture, offset(end.saturating_add(padding)));
        }
        offset(trailing.len())
    }

    fn header(&mut self, frame: &Frame, colour: ColourModel, trailing_bytes: u64) -> Header {
        let mut orientation = Orientation::default();
        if let Some(span) = self.applications.exif {
            match exif::orientation(span.of(self.input)) {
                Ok(stated) => orientation = stated,
                Err(_) => self.findings.note(FindingKind::ExifIgnored, offset(span.start)),
            }
        }
        Header {
            format: Format::Jpeg,
            width: frame.width,
            height: frame.height,
            colour,
            bit_depth: frame.precision,
            has_alpha: false,
            frames: 1,
            scans: self.scans,
            orientation,
            icc_bytes: self.applications.icc.bytes,
            metadata_bytes: self.metadata_bytes,
            trailing_bytes,
            findings: self.findings.clone(),
        }
    }
}

/// More fill bytes than alignment asks for: they are worth a finding.
const MANY_FILL_BYTES: u64 = 1_024;

fn malformed(what: &'static str, at: u64) -> Error {
    Error::malformed(Stage::Outline, Format::Jpeg, what).at(at)
}

fn offset(at: usize) -> u64 {
    u64::try_from(at).unwrap_or(u64::MAX)
}

fn count(len: usize) -> u64 {
    offset(len)
}
