//! Where the parts of a scan's data begin.

use memchr::memchr_iter;

use super::LEAD_BYTES;

/// Where a part begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// The first byte, in the scan's data.
    pub(super) at: usize,
    /// What is known of the place.
    pub(super) known: Known,
}

/// What is known of the place where a part begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing: it is to be guessed.
    Nothing,
    /// It is behind a restart marker; the number that the next one is to have.
    Restart(u8),
    /// The scan begins there.
    Start,
}

/// The beginnings of up to `parts` parts of about the same length; fewer where restart markers are far apart.
pub(super) fn cuts(data: &[u8], interval: u16, parts: usize) -> impl Iterator<Item = Cut> {
    let share = data.len() / parts.max(1);
    let others = (1..parts).filter_map(move |nth| {
        let (from, to) = (nth * share, (nth + 1) * share);
        if interval > 0 { behind_restart(data, from, to) } else { Some(anywhere(data, from)) }
    });
    std::iter::once(Cut { at: 0, known: Known::Start }).chain(others)
}

/// The first byte behind the first restart marker that begins from `from` on and before `to`.
fn behind_restart(data: &[u8], from: usize, to: usize) -> Option<Cut> {
    memchr_iter(0xff, data.get(from..to)?).find_map(|at| match data.get(from + at + 1) {
        Some(&marker @ 0xd0..=0xd7) => {
            Some(Cut { at: from + at + 2, known: Known::Restart((marker + 1) & 7) })
        }
        _ => None,
    })
}

/// A byte some way before `from` that is no stuffing.
fn anywhere(data: &[u8], from: usize) -> Cut {
    let lead = from.saturating_sub(LEAD_BYTES);
    let marks = data.get(lead.saturating_sub(1)..).unwrap_or_default();
    Cut { at: lead + marks.iter().take_while(|&&byte| byte == 0xff).count(), known: Known::Nothing }
}

/// How many bytes `data` has without stuffing and without fill bytes, where neither it nor what precedes it ends with
/// a 0xFF, and no marker is in it.
pub(super) fn plain_len(data: &[u8]) -> u64 {
    let mut dropped = 0u64;
    let followers = data.get(1..).unwrap_or_default();
    for (bytes, followers) in data.chunks(128).zip(followers.chunks(128)) {
        let pairs = bytes.iter().zip(followers);
        let in_chunk = pairs.fold(0u8, |sum, (&byte, &follower)| {
            sum + u8::from(byte == 0xff && (follower == 0 || follower == 0xff))
        });
        dropped += u64::from(in_chunk);
    }
    data.len() as u64 - dropped
}
