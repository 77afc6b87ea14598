//! What a worker says of the stages of a call, at the start of its answer: numbers in fixed places, for whoever watches
//! the parent.
//!
//! What comes in may be a lie. It is refused, and the answer with it, where it is not the beginning of the call's
//! stages in their order, where a stage but the last failed, where a number is above what the limits allow, and where
//! nobody asked. Times are cut to what the call took: a worker cannot tell of more time than it had.

use std::time::Duration;

use fic_core::{Format, Kind, Limits, Stage};
use fic_trail::{Measured, Watched};

use super::codec::{Reading, Writing};
use super::refusal::STAGES;
use super::request::Verb;

/// The stages of a thumbnail; pixels have all but the last.
const THUMBNAIL: [Stage; 8] = [
    Stage::Sniff,
    Stage::Outline,
    Stage::Admit,
    Stage::Decode,
    Stage::Orient,
    Stage::Colour,
    Stage::Resample,
    Stage::Encode,
];

/// An inspection looks twice: at what the file is, and at what the policy says of it.
const INSPECTION: [Stage; 4] = [Stage::Sniff, Stage::Outline, Stage::Sniff, Stage::Outline];

const FORMATS: [Option<Format>; 5] =
    [None, Some(Format::Gif), Some(Format::Jpeg), Some(Format::Png), Some(Format::WebP)];

const OUTCOMES: [&str; 10] = [
    Measured::OK,
    Kind::Cancelled.name(),
    Kind::Deadline.name(),
    Kind::Io.name(),
    "limit",
    Kind::Malformed.name(),
    Kind::Misuse.name(),
    Kind::Refused.name(),
    Kind::Unsupported.name(),
    Kind::Upstream.name(),
];

/// What the parent knows of the call, for what it believes of the stages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    pub(super) verb: Verb,
    pub(super) watched: Watched,
    pub(super) limits: &'a Limits,
    /// From before the worker was asked to after it answered.
    pub(super) took: Duration,
}

impl Known<'_> {
    fn stages(&self) -> &'static [Stage] {
        match (self.watched, self.verb) {
            (Watched::No, _) => &[],
            (Watched::Yes, Verb::Inspect) => &INSPECTION,
            (Watched::Yes, Verb::Pixels) => THUMBNAIL.split_last().map_or(&[], |(_, pixels)| pixels),
            (Watched::Yes, Verb::Thumbnail) => &THUMBNAIL,
        }
    }

    /// A header that is still to be admitted may say any size.
    fn max_pixels(&self, stage: Stage) -> u64 {
        match stage {
            Stage::Sniff | Stage::Outline | Stage::Admit => u64::from(u32::MAX).pow(2),
            _ => self.limits.max_pixels.max(self.limits.max_output_pixels),
        }
    }
}

pub(super) fn write(stages: &[Measured], to: &mut Writing) {
    to.u8(u8::try_from(stages.len()).unwrap_or(u8::MAX));
    for stage in stages {
        to.place(&STAGES, &stage.stage);
        to.place(&OUTCOMES, &stage.outcome);
        to.place(&FORMATS, &stage.format);
        to.maybe(stage.pixels);
        to.maybe(stage.work);
        to.maybe(stage.heap);
        to.u64(u64::try_from(stage.took.as_nanos()).unwrap_or(u64::MAX));
    }
}

pub(super) fn read(from: &mut Reading<'_>, known: Known<'_>) -> Option<Vec<Measured>> {
    let count = usize::from(from.u8()?);
    let expected = known.stages().get(..count)?;
    let mut left = known.took;
    let mut stages = Vec::with_capacity(count);
    for &stage in expected {
        let read = read_stage(from, known)?;
        let has_failed = stages.last().is_some_and(|before: &Measured| before.outcome != Measured::OK);
        if read.stage != stage || has_failed {
            return None;
        }
        let took = read.took.min(left);
        left = left.saturating_sub(took);
        stages.push(Measured { took, ..read });
    }
    Some(stages)
}

fn read_stage(from: &mut Reading<'_>, known: Known<'_>) -> Option<Measured> {
    let stage = from.place(&STAGES)?;
    let outcome = from.place(&OUTCOMES)?;
    let format = from.place(&FORMATS)?;
    let mut number = |most: u64| from.maybe().filter(|value| value.is_none_or(|value| value <= most));
    let pixels = number(known.max_pixels(stage))?;
    let work = number(known.limits.max_work)?;
    let heap = number(known.limits.max_heap_bytes)?;
    Some(Measured { stage, format, pixels, work, heap, took: Duration::from_nanos(from.u64()?), outcome })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(limits: &Limits) -> Known<'_> {
        Known { verb: Verb::Thumbnail, watched: Watched::Yes, limits, took: Duration::from_millis(10) }
    }

    fn stage(stage: Stage) -> Measured {
        Measured {
            stage,
            format: Some(Format::Png),
            pixels: Some(7),
            work: None,
            heap: Some(9),
            took: Duration::from_micros(3),
            outcome: Measured::OK,
        }
    }

    fn whole() -> Vec<Measured> {
        THUMBNAIL.into_iter().map(stage).collect()
    }

    fn sent(stages: &[Measured]) -> Vec<u8> {
        let mut to = Writing::default();
        write(stages, &mut to);
        to.0
    }

    /// What is believed of it; all of it is read, or nothing is believed.
    fn believed(sent: &[u8], known: Known<'_>) -> Option<Vec<Measured>> {
        let mut from = Reading::of(sent);
        let stages = read(&mut from, known)?;
        from.end(stages)
    }

    #[test]
    fn stages_come_over_as_they_were_and_cut_ones_not_at_all() {
        let limits = Limits::untrusted();
        let mut stages = whole();
        for count in 0..=stages.len() {
            assert_eq!(
                believed(&sent(&stages[..count]), known(&limits)).as_deref(),
                stages.get(..count),
                "{count}"
            );
        }
        stages.truncate(3);
        for outcome in OUTCOMES {
            stages[2] = Measured { outcome, ..stages[2] };
            assert_eq!(believed(&sent(&stages), known(&limits)).unwrap(), stages);
        }
        let whole = sent(&stages);
        for cut in 0..whole.len() {
            assert_eq!(believed(&whole[..cut], known(&limits)), None, "{cut}");
        }
        let inspection: Vec<_> = INSPECTION.into_iter().map(stage).collect();
        let known = Known { verb: Verb::Inspect, ..known(&limits) };
        assert_eq!(believed(&sent(&inspection), known), Some(inspection));
    }

    #[test]
    fn what_cannot_have_been_is_not_believed() {
        let limits = Limits::untrusted();
        let known = known(&limits);
        let with = |at: usize, change: fn(&mut Measured)| {
            let mut stages = whole();
            change(&mut stages[at]);
            believed(&sent(&stages), known)
        };
        // Another order, a stage twice, one that is left out, one of another call, a stage after one that failed.
        assert_eq!(with(0, |stage| stage.stage = Stage::Outline), None);
        assert_eq!(with(4, |stage| stage.stage = Stage::Shrink), None);
        assert_eq!(with(7, |stage| stage.stage = Stage::Cache), None);
        assert_eq!(with(3, |stage| stage.outcome = "malformed"), None);
        assert_eq!(with(3, |stage| stage.outcome = "isolation"), None);
        let pixels = Known { verb: Verb::Pixels, ..known };
        assert_eq!(believed(&sent(&whole()), pixels), None);
        assert_eq!(believed(&sent(&whole()[..7]), pixels).map(|stages| stages.len()), Some(7));
        assert_eq!(believed(&sent(&[whole(), whole()].concat()), known), None);
        // Numbers above the limits.
        assert_eq!(with(3, |stage| stage.work = Some(u64::MAX)), None);
        assert_eq!(with(3, |stage| stage.heap = Some(u64::MAX)), None);
        assert_eq!(with(3, |stage| stage.pixels = Some(u64::MAX)), None);
        assert_eq!(with(2, |stage| stage.pixels = Some(u64::MAX)), None);
        assert!(with(2, |stage| stage.pixels = Some(u64::from(u32::MAX).pow(2))).is_some());
        // Nobody asked.
        let unasked = Known { watched: Watched::No, ..known };
        assert_eq!(believed(&sent(&whole()[..1]), unasked), None);
        assert_eq!(believed(&sent(&[]), unasked), Some(Vec::new()));
    }

    #[test]
    fn no_count_takes_memory_and_no_byte_is_unchecked() {
        let limits = Limits::untrusted();
        for count in 9..=u8::MAX {
            assert_eq!(believed(&[&[count], &[0; 20_000][..]].concat(), known(&limits)), None);
        }
        let sent = sent(&whole());
        for at in 0..sent.len() {
            for with in 1..=u8::MAX {
                let mut changed = sent.clone();
                changed[at] ^= with;
                let Some(stages) = believed(&changed, known(&limits)) else { continue };
                assert!(stages.iter().map(|stage| stage.stage).eq(THUMBNAIL));
                assert!(stages.iter().map(|stage| stage.took).sum::<Duration>() <= known(&limits).took);
            }
        }
    }

    #[test]
    fn stages_take_no_longer_than_their_call() {
        let limits = Limits::untrusted();
        let mut stages = whole();
        stages[1].took = Duration::from_millis(9);
        for stage in &mut stages[2..] {
            stage.took = Duration::from_nanos(u64::MAX);
        }
        let believed = believed(&sent(&stages), known(&limits)).unwrap();
        let took: Vec<_> = believed.iter().map(|stage| stage.took.as_micros()).collect();
        assert_eq!(took, [3, 9_000, 997, 0, 0, 0, 0, 0]);
    }
}
