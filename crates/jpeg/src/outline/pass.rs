//! The pass over the markers that makes an outline.
//!
//! In come segments, in order; what is kept is counts, flags and spans. See [`outline`](super::outline) for what
//! is refused.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{ColourModel, Error, FindingKind, Findings, Format, Header, Kind, Orientation, Stage, exif};

use super::{Ending, Floor, Outline, Problem, malformed, offset};
use crate::app::{Applications, Holds};
use crate::colour;
use crate::coverage::Coverage;
use crate::frame::{Frame, Process};
use crate::marker;
use crate::scan::{Scan, ScanHeader};
use crate::scandata::ScanData;
use crate::segments::Segment;
use crate::tables::Tables;
use crate::used::Used;

/// The state of the pass.
pub(super) struct Pass<'a> {
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
    data_bytes: u64,
    used: Used,
    first_scan: Option<Scan>,
    ending: Ending,
}

impl<'a> Pass<'a> {
    pub(super) fn new(input: &'a [u8]) -> Pass<'a> {
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
            data_bytes: 0,
            used: Used::default(),
            first_scan: None,
            ending: Ending::Missing,
        }
    }

    pub(super) fn take(&mut self, segment: &Segment) -> Result<(), Error> {
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
        if !self.tables.has_huffman() {
            // Frames of Motion JPEG leave out the tables of T.81, annex K.3.
            let what = "no Huffman table in the file (a frame of Motion JPEG) is not decoded";
            self.problem.get_or_insert(Problem { kind: Kind::Unsupported, what, at });
            return Ok(());
        }
        if let Err(what) = self.coverage.take(&frame, &header, &self.tables) {
            self.doubt(what, segment.at);
            return Ok(());
        }
        let sequential = frame.process != Process::Progressive;
        if sequential && (header.first, header.last, header.high, header.low) != (0, 63, 0, 0) {
            // libjpeg warns and decodes; the numbers mean nothing in a sequential scan.
            self.findings.note(FindingKind::ContradictoryHeader, at);
        }
        self.used.take(&frame, &header, &self.tables);
        let scan = Scan { header, tables: self.tables, data, at: segment.at };
        self.first_scan.get_or_insert(scan);
        self.data_bytes = self.data_bytes.saturating_add(count(data.span.len()));
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
            self.restarts_missing =
                Some(Problem { kind: Kind::Malformed, what, at: offset(data.span.start) });
        }
    }

    fn doubt(&mut self, what: &'static str, at: usize) {
        self.problem.get_or_insert(Problem { kind: Kind::Malformed, what, at: offset(at) });
    }

    pub(super) fn finish(mut self, end: usize) -> Result<Outline, Error> {
        let whole = offset(self.input.len());
        let frame = self.frame.ok_or_else(|| malformed("no frame header", whole))?;
        if self.scans == 0 {
            return Err(malformed("no scan", whole));
        }
        // Where the file was cut, the scan may have come later.
        let every_component = self.coverage.has_every_component(&frame);
        if frame.process.is_huffman_dct() && self.ending == Ending::Eoi && !every_component {
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
            data_bytes: self.data_bytes,
            used: self.used,
            first_scan: self.first_scan,
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

fn count(len: usize) -> u64 {
    offset(len)
}
