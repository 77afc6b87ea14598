//! Coefficient tokens (RFC 6386, section 13): flags of a partition in, dequantised coefficients out.

use super::bool_decoder::BoolDecoder;
use super::token_probabilities::{DEFAULT, KEEPING};

/// A block of 4x4 coefficients, in rows.
pub(super) type Block = [i16; 16];

/// Section 13.3: what a block holds decides its probabilities.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Luma whose first coefficient is in the block of first coefficients.
    YAfterY2 = 0,
    /// The first coefficients of the 16 luma blocks of a macroblock.
    Y2 = 1,
    Chroma = 2,
    /// Luma with all its coefficients.
    YWhole = 3,
}

/// The probabilities of eleven nodes, and as many bytes as make their place a shift away.
type Nodes = [u8; 16];

/// For each position, and one past the last: three contexts.
pub(super) type OfPositions = [[Nodes; 4]; 17];

/// The probabilities of a frame, spread out from bands to positions.
#[derive(Clone, Debug)]
pub(super) struct Probabilities([OfPositions; 4]);

impl Probabilities {
    /// Section 13.4: the default ones, changed as the frame header says.
    pub(super) fn read(bits: &mut BoolDecoder<'_>) -> Probabilities {
        let mut of_bands = DEFAULT;
        let nodes = of_bands.as_flattened_mut().as_flattened_mut().as_flattened_mut();
        for (node, &keeping) in nodes.iter_mut().zip(KEEPING.as_flattened().as_flattened().as_flattened()) {
            if bits.bit(keeping) {
                *node = bits.literal(8) as u8;
            }
        }
        Probabilities(of_bands.map(|bands| BAND_OF_POSITION.map(|band| spread(&bands[band]))))
    }

    pub(super) fn of(&self, kind: Kind) -> &OfPositions {
        &self.0[kind as usize]
    }
}

fn spread(contexts: &[[u8; 11]; 3]) -> [Nodes; 4] {
    let mut out = [[0; 16]; 4];
    for (nodes, context) in out.iter_mut().zip(contexts) {
        nodes[..11].copy_from_slice(context);
    }
    out
}

/// Decodes one block from position `first` on; `block` is all zeros before.
///
/// Returns the position behind the last token: `first` where the block is empty.
///
/// It stands alone, so that all that it needs is in registers.
#[inline(never)]
pub(super) fn block(
    bits: &mut BoolDecoder<'_>,
    probabilities: &OfPositions,
    context: usize,
    factors: [i32; 2],
    first: usize,
    block: &mut Block,
) -> usize {
    let mut own = *bits;
    let end = tokens(&mut own, probabilities, context, factors, first, block);
    *bits = own;
    end
}

#[inline(always)]
fn tokens(
    bits: &mut BoolDecoder<'_>,
    probabilities: &OfPositions,
    context: usize,
    factors: [i32; 2],
    first: usize,
    block: &mut Block,
) -> usize {
    let mut at = first;
    let mut factor = factors[usize::from(first > 0)];
    let mut nodes = &probabilities[at][context];
    while at < 16 {
        if !bits.bit(nodes[0]) {
            return at;
        }
        while !bits.bit(nodes[1]) {
            at += 1;
            if at == 16 {
                return 16;
            }
            factor = factors[1];
            nodes = &probabilities[at][0];
        }
        let value = if bits.bit(nodes[2]) {
            let value = large(bits, nodes);
            nodes = &probabilities[at + 1][2];
            value
        } else {
            nodes = &probabilities[at + 1][1];
            1
        };
        // Products beyond 16 bits are cut, as the reference decoder does; no encoder makes them.
        block[ZIGZAG[at]] = (bits.signed(value) * factor) as i16;
        factor = factors[1];
        at += 1;
    }
    16
}

/// A value of two or more (section 13.2).
#[inline(always)]
fn large(bits: &mut BoolDecoder<'_>, nodes: &Nodes) -> i32 {
    if !bits.bit(nodes[3]) {
        if !bits.bit(nodes[4]) {
            return 2;
        }
        return 3 + i32::from(bits.bit(nodes[5]));
    }
    if !bits.bit(nodes[6]) {
        if !bits.bit(nodes[7]) {
            return 5 + i32::from(bits.bit(159));
        }
        return 7 + 2 * i32::from(bits.bit(165)) + i32::from(bits.bit(145));
    }
    let (base, probabilities): (i32, &[u8]) = match (bits.bit(nodes[8]), 0) {
        (false, _) if !bits.bit(nodes[9]) => (11, &[173, 148, 140]),
        (false, _) => (19, &[176, 155, 140, 135]),
        (true, _) if !bits.bit(nodes[10]) => (35, &[180, 157, 141, 134, 130]),
        (true, _) => (67, &[254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129]),
    };
    let extra =
        probabilities.iter().fold(0, |extra, &probability| extra << 1 | i32::from(bits.bit(probability)));
    base + extra
}

/// The place in its block of each position.
const ZIGZAG: [usize; 16] = [0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15];

/// The band of each position; the one past the last is never read from.
const BAND_OF_POSITION: [usize; 17] = [0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 7];
