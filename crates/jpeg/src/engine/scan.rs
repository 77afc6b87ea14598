//! The walk over the MCUs of one scan (T.81 A.2, E.2.4): restart intervals, predictors, where it ended early.

use super::bits::Bits;
use super::segment::Segment;
use super::sequential::Damage;

/// What is carried from block to block, and forgotten at a restart marker.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Carry {
    /// DC predictors, by place of the component in the scan.
    pub(crate) predictors: [i32; 4],
    /// Blocks whose band has already ended (progressive).
    pub(crate) end_of_band_run: u32,
}

/// Where and why a scan could not be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The MCU, counted in the scan.
    pub(crate) mcu: u64,
    pub(crate) cause: Cause,
}

/// Why a scan could not be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The bits say what cannot be.
    Damage(Damage),
    /// The data ends before the last MCU.
    EarlyEnd,
    /// A restart marker is not there, or is not the one whose turn it is.
    Restart,
}

impl Cause {
    /// For the error message, before the number of the MCU.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Cause::Damage(Damage::RunPastEnd) => "scan data leads past the end of a block, at mcu number",
            Cause::Damage(Damage::UndefinedCode) => {
                "scan data holds bits that are no Huffman code, at mcu number"
            }
            Cause::Damage(Damage::UndefinedSymbol) => {
                "scan data holds a symbol that its scan cannot have, at mcu number"
            }
            Cause::EarlyEnd => "scan data ends before its last block, at mcu number",
            Cause::Restart => "restart marker is missing or out of order, at mcu number",
        }
    }
}

/// One scan being decoded.
#[derive(Debug)]
pub(crate) struct ScanWalk<'a> {
    segment: Segment<'a>,
    carry: Carry,
    /// MCUs between restart markers; 0 for none.
    interval: usize,
    left_in_interval: usize,
    next_restart: u8,
    done: u64,
    /// What to do about a fault.
    on_fault: OnFault,
    /// Whether the rest of the present interval is lost.
    lost: bool,
    first_fault: Option<Fault>,
}

/// Where a walk is. Two walks of one scan that are at the same place between MCUs will read the same, but for
/// what is added to DC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which segment: bytes from its first to the scan's last.
    pub(crate) to_end: usize,
    /// Plain bits of the segment before the place.
    pub(crate) bits: u64,
    pub(crate) next_restart: u8,
}

/// What to do about a fault in a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnFault {
    /// Leave the rest of the restart interval as it is, and go on behind the next restart marker.
    GoOn,
    /// Stop.
    Stop,
}

impl<'a> ScanWalk<'a> {
    /// `data` are the scan's entropy-coded bytes with their restart markers.
    pub(crate) fn new(data: &'a [u8], interval: u16, on_fault: OnFault) -> ScanWalk<'a> {
        let interval = usize::from(interval);
        ScanWalk {
            segment: Segment::new(data),
            carry: Carry::default(),
            interval,
            left_in_interval: if interval == 0 { usize::MAX } else { interval },
            next_restart: 0,
            done: 0,
            on_fault,
            lost: false,
            first_fault: None,
        }
    }

    /// A walk that starts behind a restart marker, `due` being the number of the next one.
    pub(crate) fn behind_restart(data: &'a [u8], interval: u16, due: u8) -> ScanWalk<'a> {
        ScanWalk { next_restart: due & 7, ..ScanWalk::new(data, interval, OnFault::Stop) }
    }

    /// Where the walk is; `None` where the rest of the interval is lost.
    pub(crate) fn place(&self) -> Option<Place> {
        let segment = &self.segment;
        (!self.lost).then(|| Place {
            to_end: segment.to_end(),
            bits: segment.used_bits(),
            next_restart: self.next_restart,
        })
    }

    /// MCUs that were decoded, or passed over as lost.
    pub(crate) fn done(&self) -> u64 {
        self.done
    }

    pub(crate) fn segment(&self) -> &Segment<'a> {
        &self.segment
    }

    pub(crate) fn predictors(&self) -> [i32; 4] {
        self.carry.predictors
    }

    /// Passes over a restart marker that is due.
    pub(crate) fn meet_restart(&mut self) -> Result<(), Fault> {
        if self.left_in_interval == 0 { self.restart() } else { Ok(()) }
    }

    /// MCUs up to the next restart marker, or up to the one behind that where it is due now.
    pub(crate) fn to_restart(&self) -> usize {
        if self.left_in_interval == 0 { self.interval } else { self.left_in_interval }
    }

    /// Whether the next thing is the restart marker that has `to_end` bytes of the scan behind it.
    pub(crate) fn is_before_restart(&self, to_end: usize) -> bool {
        self.left_in_interval == 0 && self.segment.ends_before(to_end)
    }

    /// Pretends that an MCU begins at the next byte.
    pub(crate) fn guess(&mut self) {
        self.segment.pass_byte();
        self.begin_here();
    }

    /// Counts MCUs and DC differences from here on.
    pub(crate) fn begin_here(&mut self) {
        self.carry = Carry::default();
        self.done = 0;
    }

    /// Goes on where `other`, which has decoded `mcus` MCUs from here on, has stopped. Its DC predictors are `bases` too
    /// low, and it has entered its segment as `entered` says, if not at its beginning.
    pub(crate) fn go_on_from(
        &mut self,
        other: ScanWalk<'a>,
        mcus: u64,
        bases: [i32; 4],
        entered: Option<u64>,
    ) {
        let to_end = self.segment.to_end();
        let (done, on_fault, first_fault) = (self.done + mcus, self.on_fault, self.first_fault);
        *self = ScanWalk { done, on_fault, first_fault, ..other };
        for (predictor, base) in self.carry.predictors.iter_mut().zip(bases) {
            *predictor = predictor.wrapping_add(base);
        }
        if let Some(bytes) = entered {
            self.segment.entered_behind(bytes, to_end);
        }
    }

    /// The first fault that was gone on behind.
    pub(crate) fn first_fault(&self) -> Option<Fault> {
        self.first_fault
    }

    /// Decodes the next `count` MCUs of `blocks` blocks each with `block`, which gets the number of the block in its MCU
    /// and that of the MCU among these.
    ///
    /// One loop over all blocks: where loops over components, rows and columns end, no processor foretells among data that
    /// it cannot foretell either.
    ///
    /// A block in which damage shows may have been written to in part.
    #[inline(always)]
    pub(crate) fn run(
        &mut self,
        count: usize,
        blocks: usize,
        mut block: impl FnMut(&mut Bits<'_>, &mut Carry, usize, usize) -> Result<(), Damage>,
    ) -> Result<(), Fault> {
        let (mut next, mut nth) = (0, 0);
        while next < count {
            if self.left_in_interval == 0 {
                self.restart()?;
            }
            let until = count.min(next.saturating_add(self.left_in_interval));
            let first = next;
            if self.lost {
                next = until;
                self.pass(next - first);
                continue;
            }
            self.segment.prepare();
            let mut bits = self.segment.bits();
            // Up to here nothing can have gone wrong, and nothing has to be done.
            let safe = self.segment.safe_bytes().min(bits.len());
            let mut carry = self.carry;
            let mut cause = None;
            while next < until {
                let outcome = block(&mut bits, &mut carry, nth, next);
                let is_far = bits.used_bytes() > safe;
                if is_far && bits.overran() {
                    cause = Some(Cause::EarlyEnd);
                    break;
                }
                if let Err(damage) = outcome {
                    cause = Some(Cause::Damage(damage));
                    break;
                }
                nth += 1;
                let is_last = nth >= blocks;
                nth = if is_last { 0 } else { nth };
                next += usize::from(is_last);
                if is_far {
                    break;
                }
            }
            let at = bits.position();
            self.segment.stop(at);
            self.carry = carry;
            self.pass(next - first);
            if let Some(cause) = cause {
                nth = 0;
                self.fault(cause)?;
            }
        }
        Ok(())
    }

    fn pass(&mut self, mcus: usize) {
        self.done += mcus as u64;
        self.left_in_interval -= mcus;
    }

    #[cold]
    fn fault(&mut self, cause: Cause) -> Result<(), Fault> {
        let fault = Fault { mcu: self.done, cause };
        if self.on_fault == OnFault::Stop {
            return Err(fault);
        }
        self.first_fault = self.first_fault.or(Some(fault));
        self.lost = true;
        Ok(())
    }

    fn restart(&mut self) -> Result<(), Fault> {
        self.left_in_interval = self.interval;
        self.carry = Carry::default();
        self.lost = false;
        let found = self.segment.restart();
        if found != Some(self.next_restart) {
            self.fault(Cause::Restart)?;
            // A marker of another number still begins an interval; without any there is nothing left.
            self.lost = found.is_none();
        }
        self.next_restart = (self.next_restart + 1) & 7;
        Ok(())
    }
}
