//! The entropy-coded segments of one scan: stuffed zeros out, restart markers found (T.81 B.1.1.5, E.2.4).
//!
//! In come the bytes of a scan with its restart markers; out go windows of plain bytes for
//! [`Bits`](super::bits::Bits). A window holds a few dozen kilobytes whatever the size of the scan, and is
//! refilled between MCUs. Nothing is decoded across a marker.

use memchr::memchr;

use super::bits::{Bits, Position};

/// Plain bytes that a window holds.
const WINDOW: usize = 48 << 10;
/// More than one MCU can take: 10 blocks of 64 coefficients of 31 bits.
const LONGEST_MCU: usize = 4 << 10;

/// Heap bytes of a [`Segment`] of a scan of `len` bytes.
pub(crate) fn heap_bytes(len: usize) -> u64 {
    len.min(WINDOW) as u64
}

/// The scan's data on the way to the bit reader.
#[derive(Debug)]
pub(crate) struct Segment<'a> {
    /// What has not been un-stuffed yet.
    source: &'a [u8],
    window: Vec<u8>,
    at: Position,
    /// The marker that ends the segment, once it has been reached.
    marker: Option<u8>,
}

impl<'a> Segment<'a> {
    /// The first segment of a scan.
    pub(crate) fn new(scan: &'a [u8]) -> Segment<'a> {
        let mut segment = Segment {
            source: scan,
            window: Vec::with_capacity(scan.len().min(WINDOW)),
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
            let used = self.at.used_bytes().min(self.window.len());
            self.window.drain(..used);
            self.at = self.at.moved_back(used);
            self.fill();
        }
    }

    /// The reader where the last one stopped.
    pub(crate) fn bits(&self) -> Bits<'_> {
        Bits::new(&self.window, self.at)
    }

    /// Notes where a reader stopped.
    pub(crate) fn stop(&mut self, at: Position) {
        self.at = at;
    }

    /// How many bytes of the window may be used before [`Segment::prepare`] has to be called again.
    pub(crate) fn safe_bytes(&self) -> usize {
        if self.is_whole() { usize::MAX } else { self.window.len().saturating_sub(LONGEST_MCU) }
    }

    /// Moves behind the next restart marker, whose number (0 to 7) it gives; what is left of this segment is
    /// passed over. `None` where there is no further one.
    pub(crate) fn restart(&mut self) -> Option<u8> {
        while !self.is_whole() {
            self.window.clear();
            self.fill();
        }
        let number = self.marker.filter(|marker| (0xd0..=0xd7).contains(marker))?;
        self.marker = None;
        self.window.clear();
        self.at = Position::default();
        self.fill();
        Some(number & 7)
    }

    fn needs_more(&self) -> bool {
        !self.is_whole() && self.at.used_bytes() > self.safe_bytes()
    }

    /// Whether all of the segment is in the window.
    fn is_whole(&self) -> bool {
        self.marker.is_some() || self.source.is_empty()
    }

    /// Un-stuffs until the window is full or a marker is met.
    fn fill(&mut self) {
        while !self.source.is_empty() && self.window.len() < WINDOW {
            let room = WINDOW - self.window.len();
            let piece = self.source.get(..room).unwrap_or(self.source);
            let Some(ff) = memchr(0xff, piece) else {
                self.window.extend_from_slice(piece);
                self.source = self.source.get(piece.len()..).unwrap_or_default();
                continue;
            };
            self.window.extend_from_slice(piece.get(..ff).unwrap_or_default());
            let behind = self.source.get(ff + 1..).unwrap_or_default();
            match behind {
                [0x00, rest @ ..] => {
                    self.window.push(0xff);
                    self.source = rest;
                }
                // Fill bytes before a marker (B.1.1.2).
                [0xff, ..] => self.source = behind,
                [marker, rest @ ..] => {
                    self.marker = Some(*marker);
                    self.source = rest;
                    return;
                }
                [] => self.source = behind,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_plain_bytes_and_stops_at_markers() {
        let scan = [1, 0xff, 0x00, 2, 0xff, 0xff, 0xd0, 3, 4, 0xff, 0xd1];
        let mut segment = Segment::new(&scan);
        assert_eq!(segment.window, [1, 0xff, 2]);
        assert_eq!(segment.restart(), Some(0));
        assert_eq!(segment.window, [3, 4]);
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
