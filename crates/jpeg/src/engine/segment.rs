//! The entropy-coded segments of one scan: stuffed zeros out, restart markers found (T.81 B.1.1.5, E.2.4).
//!
//! In come the bytes of a scan with its restart markers; out go windows of plain bytes for
//! [`Bits`]. A window holds a few dozen kilobytes whatever the size of the scan, and is
//! refilled between MCUs. Nothing is decoded across a marker.

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x32};

use super::bits::{Bits, Position, WINDOW, Window};

/// More than one MCU can take: 10 blocks of 64 coefficients of 27 bits.
const LONGEST_MCU: usize = 4 << 10;
/// Plain bytes that a window holds; behind them there are zeros for an MCU that runs past them.
const FULL: usize = WINDOW - LONGEST_MCU;

/// Heap bytes of a [`Segment`].
pub(crate) const SEGMENT_BYTES: u64 = size_of::<Window>() as u64;

/// The scan's data on the way to the bit reader.
#[derive(Debug)]
pub(crate) struct Segment<'a> {
    /// What has not been un-stuffed yet.
    source: &'a [u8],
    /// Bytes of the scan from the segment's first to the scan's last.
    to_end: usize,
    /// Plain bytes of the segment before the window.
    before: u64,
    window: Box<Window>,
    /// Plain bytes in the window.
    len: usize,
    /// Where the zeros begin, at the latest, while the window is being filled.
    dirty: usize,
    at: Position,
    /// The marker that ends the segment, once it has been reached.
    marker: Option<u8>,
}

impl<'a> Segment<'a> {
    /// The first segment of a scan; the caller has paid for [`SEGMENT_BYTES`].
    pub(crate) fn new(scan: &'a [u8]) -> Segment<'a> {
        let window = Box::new([0; WINDOW + 8]);
        let mut segment = Segment {
            source: scan,
            to_end: scan.len(),
            before: 0,
            window,
            len: 0,
            dirty: 0,
            at: Position::default(),
            marker: None,
        };
        segment.fill();
        segment
    }

    /// Makes sure that the next MCU lies in the window, or that the segment ends there.
    pub(crate) fn prepare(&mut self) {
        if self.needs_more() {
            self.at = self.at.unloaded();
            let used = self.at.used_bytes().min(self.len);
            self.window.copy_within(used..self.len, 0);
            self.dirty = self.len;
            self.len -= used;
            self.before += used as u64;
            self.at = self.at.moved_back(used);
            self.fill();
        }
    }

    /// The reader where the last one stopped.
    pub(crate) fn bits(&self) -> Bits<'_> {
        Bits::new(&self.window, self.len, self.at)
    }

    /// Notes where a reader stopped.
    pub(crate) fn stop(&mut self, at: Position) {
        self.at = at;
    }

    /// How many bytes of the window may be used before [`Segment::prepare`] has to be called again.
    pub(crate) fn safe_bytes(&self) -> usize {
        if self.is_whole() { usize::MAX } else { self.len.saturating_sub(LONGEST_MCU) }
    }

    /// Moves behind the next restart marker, whose number (0 to 7) it gives; what is left of this segment is
    /// passed over. `None` where there is no further one.
    pub(crate) fn restart(&mut self) -> Option<u8> {
        while !self.is_whole() {
            self.clear();
            self.fill();
        }
        let number = self.marker.filter(|marker| (0xd0..=0xd7).contains(marker))?;
        self.marker = None;
        self.clear();
        self.at = Position::default();
        (self.to_end, self.before) = (self.source.len(), 0);
        self.fill();
        Some(number & 7)
    }

    /// Bytes of the scan from the segment's first to the scan's last: which segment it is.
    pub(crate) fn to_end(&self) -> usize {
        self.to_end
    }

    /// Plain bits of the segment before the present position.
    pub(crate) fn used_bits(&self) -> u64 {
        self.before * 8 + self.at.used_bits() as u64
    }

    /// Bytes of the scan that were not read, but for the stuffing among those in the window.
    pub(crate) fn unread(&self) -> usize {
        self.source.len() + self.len.saturating_sub(self.at.used_bytes())
    }

    /// Whether the segment is known to end at a marker with `to_end` bytes of the scan behind it.
    pub(crate) fn ends_before(&self, to_end: usize) -> bool {
        self.marker.is_some() && self.source.len() == to_end
    }

    /// Whether there is nothing more to read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.is_whole() && self.at.used_bytes() >= self.len
    }

    /// Moves to the beginning of the next byte.
    pub(crate) fn pass_byte(&mut self) {
        self.at = Position::at_byte(self.at.used_bits() / 8 + 1);
    }

    /// The same segment, entered not at its first byte but behind `bytes` plain ones, `to_end` as it is for the
    /// whole.
    pub(crate) fn entered_behind(&mut self, bytes: u64, to_end: usize) {
        self.before += bytes;
        self.to_end = to_end;
    }

    fn clear(&mut self) {
        self.dirty = self.len;
        self.len = 0;
    }

    fn needs_more(&self) -> bool {
        !self.is_whole() && self.at.used_bytes() > self.safe_bytes()
    }

    /// Whether all of the segment is in the window.
    fn is_whole(&self) -> bool {
        self.marker.is_some() || self.source.is_empty()
    }

    /// Un-stuffs until the window is full or a marker is met; zeros behind.
    fn fill(&mut self) {
        while self.len < FULL && self.marker.is_none() && !self.source.is_empty() {
            self.copy_plain();
            self.pass_mark();
        }
        // What earlier fills left there, and what the last run copied too much.
        let dirty = self.dirty.max(self.len + RUN).min(self.window.len());
        self.window[self.len..dirty].fill(0);
        self.dirty = self.len;
    }

    /// Copies plain bytes and takes stuffing out, up to about the next marker or the end.
    fn copy_plain(&mut self) {
        let (source, out) = (self.source, &mut self.window[self.len..FULL]);
        let (read, written) = dispatch!(Level::new(), simd => without_stuffing(simd, source, out));
        self.len += written;
        self.source = source.get(read..).unwrap_or_default();
        // One run at most is left before what needs care.
        let room = (FULL - self.len).min(RUN);
        for out in &mut self.window[self.len..self.len + room] {
            let [byte, rest @ ..] = self.source else { break };
            if *byte == 0xff {
                break;
            }
            *out = *byte;
            self.len += 1;
            self.source = rest;
        }
    }

    /// Judges the 0xFF at the front, if there is one.
    fn pass_mark(&mut self) {
        let [0xff, behind @ ..] = self.source else { return };
        self.source = match behind {
            [0x00, rest @ ..] => {
                self.window[self.len] = 0xff;
                self.len += 1;
                rest
            }
            // Fill bytes before a marker (B.1.1.2).
            [marker, rest @ ..] if *marker != 0xff => {
                self.marker = Some(*marker);
                rest
            }
            _ => behind,
        };
    }
}

/// Bytes that are looked at and copied at once.
const RUN: usize = 32;

/// Copies runs without the zeros stuffed behind each 0xFF, as long as whole ones are left and up to a marker: how many
/// bytes were read, and how many written.
#[inline(always)]
fn without_stuffing<S: Simd>(simd: S, source: &[u8], out: &mut [u8]) -> (usize, usize) {
    let (mut read, mut written) = (0, 0);
    while let Some(run) = source.get(read..).and_then(|rest| rest.first_chunk::<RUN>())
        && let Some(place) = out.get_mut(written..).and_then(|rest| rest.first_chunk_mut::<RUN>())
    {
        // What is behind a 0xFF is copied too, and overwritten.
        *place = *run;
        let run: u8x32<S> = (*run).simd_into(simd);
        let ffs = run.simd_eq(0xff).to_bitmask();
        if ffs == 0 {
            read += RUN;
            written += RUN;
            continue;
        }
        let plain = ffs.trailing_zeros() as usize;
        if source.get(read + plain + 1) != Some(&0) {
            return (read + plain, written + plain);
        }
        read += plain + 2;
        written += plain + 1;
    }
    (read, written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_plain_bytes_and_stops_at_markers() {
        let scan = [1, 0xff, 0x00, 2, 0xff, 0xff, 0xd0, 3, 4, 0xff, 0xd1];
        let mut segment = Segment::new(&scan);
        assert_eq!(segment.window[..segment.len], [1, 0xff, 2]);
        assert_eq!(segment.restart(), Some(0));
        assert_eq!(segment.window[..segment.len + 1], [3, 4, 0]);
        assert_eq!(segment.restart(), Some(1));
        assert_eq!(segment.restart(), None);
    }

    #[test]
    fn slides_over_a_long_scan_without_losing_a_bit() {
        let plain: Vec<u8> = (0u32..300_000).map(|n| (n.wrapping_mul(2_654_435_761) >> 23) as u8).collect();
        let mut scan = Vec::new();
        for &byte in &plain {
            scan.push(byte);
            if byte == 0xff {
                scan.push(0);
            }
        }
        let mut segment = Segment::new(&scan);
        let mut read = Vec::new();
        while read.len() + 3 <= plain.len() {
            segment.prepare();
            let mut bits = segment.bits();
            for _ in 0..3 {
                bits.refill();
                let high = bits.take(5) << 3;
                read.push((high | bits.take(3)) as u8);
            }
            assert!(!bits.overran());
            let at = bits.position();
            segment.stop(at);
        }
        assert_eq!(read, plain[..read.len()]);
    }
}
