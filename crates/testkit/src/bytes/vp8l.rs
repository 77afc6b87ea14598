//! VP8L streams of every kind that the format has and encoders seldom make: transforms in any order, caches of any
//! size, groups by the dozen, codes of any shape, copies to the edges of what is allowed.
//!
//! Each is a valid picture with pixels made by chance; which ones is for two decoders to agree on.

use super::webp::Vp8lBytes;

/// Numbers that look like chance and are the same each time.
#[derive(Clone, Debug)]
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) as usize).checked_rem(end).unwrap_or(0)
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// Codes of two symbols, spelled out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// In any order.
    AnyOrder,
    /// The lower symbol first, as encoders write them: one decoder takes the others the wrong way round.
    Rising,
}

/// Where the numbers of the blocks' groups come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbers {
    /// Literals.
    Literals,
    /// Also the cache, or nothing else, from places where nothing was put too.
    Cache,
}

/// Distance codes up to this one are pixels near by (section 3.6.2.2).
const NEAR: usize = 120;

/// A picture of this size, by its number: the payload of a `VP8L` chunk.
pub fn any_picture(number: u64, width: u32, height: u32, pairs: Pairs) -> Vec<u8> {
    picture(number, width, height, pairs, Numbers::Literals)
}

/// The same kind of picture, in which the cache takes part in saying which block has which group.
pub fn any_picture_of_cached_groups(number: u64, width: u32, height: u32) -> Vec<u8> {
    picture(number, width, height, Pairs::AnyOrder, Numbers::Cache)
}

fn picture(number: u64, width: u32, height: u32, pairs: Pairs, numbers: Numbers) -> Vec<u8> {
    let chance = Chance(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    // Signature, sides, with alpha, version 0.
    let stream = Vp8lBytes::headerless().put(0x2f, 8).put(width - 1, 14).put(height - 1, 14).put(1, 4);
    let mut writer = Writer { stream, chance, pairs, numbers };
    writer.picture(width as usize, height as usize);
    writer.stream.finish()
}

struct Writer {
    stream: Vp8lBytes,
    chance: Chance,
    pairs: Pairs,
    numbers: Numbers,
}

/// A code: the length of each symbol's bits, and the bits.
struct Code {
    symbols: Vec<usize>,
    bits: Vec<(u32, u32)>,
}

/// What the values of a small picture may be.
#[derive(Clone, Copy)]
struct Values {
    greens: usize,
    reds: usize,
    repeats: Repeats,
}

/// What takes part besides literals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeats {
    None,
    /// The cache, now and then alone.
    Cache,
    /// Copies and the cache.
    All,
}

const ANY: Values = Values { greens: 256, reds: 256, repeats: Repeats::All };

impl Writer {
    fn put(&mut self, value: u32, count: u32) {
        self.stream = std::mem::take(&mut self.stream).put(value, count);
    }

    fn picture(&mut self, mut width: usize, height: usize) {
        let mut kinds = vec![0, 1, 2, 3];
        for _ in 0..self.chance.below(5) {
            let kind = kinds.swap_remove(self.chance.below(kinds.len()));
            self.put(1, 1);
            self.put(kind, 2);
            match kind {
                0 => self.blocks(width, height, Values { greens: 14, ..ANY }),
                1 => self.blocks(width, height, ANY),
                2 => {}
                _ => width = self.palette(width),
            }
        }
        self.put(0, 1);
        let cache = self.cache();
        if self.numbers == Numbers::Literals && self.chance.one_in(2) {
            self.put(0, 1);
            self.image(width, height, cache, ANY, 1, None);
            return;
        }
        self.put(1, 1);
        let (sizes, repeats) = match self.numbers {
            Numbers::Literals => (8, Repeats::None),
            Numbers::Cache => (3, Repeats::Cache),
        };
        let bits = 2 + self.chance.below(sizes);
        self.put(bits as u32 - 2, 3);
        let (columns, rows) = (width.div_ceil(1 << bits), height.div_ceil(1 << bits));
        let cache_of_blocks = self.cache();
        let groups = 1 + self.chance.below(12);
        let values = Values { greens: groups, reds: 1, repeats };
        let blocks = self.image(columns, rows, cache_of_blocks, values, 1, None);
        let numbers: Vec<_> = blocks.into_iter().map(|argb| (argb >> 8 & 0xffff) as usize).collect();
        let declared = numbers.iter().max().map_or(1, |largest| largest + 1);
        self.image(width, height, cache, ANY, declared, Some((bits, columns, numbers)));
    }

    fn blocks(&mut self, width: usize, height: usize, values: Values) {
        let bits = 2 + self.chance.below(8);
        self.put(bits as u32 - 2, 3);
        let cache = self.cache();
        self.image(width.div_ceil(1 << bits), height.div_ceil(1 << bits), cache, values, 1, None);
    }

    fn palette(&mut self, width: usize) -> usize {
        let colours = 1 + if self.chance.one_in(2) { self.chance.below(16) } else { self.chance.below(256) };
        self.put(colours as u32 - 1, 8);
        let cache = self.cache();
        self.image(colours, 1, cache, ANY, 1, None);
        let packed = [3, 3, 3, 2, 2][..].get(colours).copied().unwrap_or(usize::from(colours <= 16));
        width.div_ceil(1 << packed)
    }

    fn cache(&mut self) -> usize {
        if self.chance.one_in(2) {
            self.put(0, 1);
            return 0;
        }
        let bits = 1 + self.chance.below(11);
        self.put(1, 1);
        self.put(bits as u32, 4);
        1 << bits
    }

    /// An entropy-coded picture; its pixels.
    fn image(
        &mut self,
        width: usize,
        height: usize,
        cache: usize,
        values: Values,
        groups: usize,
        blocks: Option<(usize, usize, Vec<usize>)>,
    ) -> Vec<u32> {
        let copies = values.repeats == Repeats::All && self.chance.one_in(2);
        let mut codes = Vec::new();
        for _ in 0..groups {
            let most = if self.chance.one_in(3) { 300 } else { 9 };
            let many = 1 + self.chance.below(most);
            let mut greens = self.symbols(values.greens, many);
            if copies {
                let from = 256 + self.chance.below(20);
                greens.extend((from..from + 4).chain([256]));
            }
            if cache > 0 && values.repeats != Repeats::None {
                if values.repeats == Repeats::Cache && self.chance.one_in(4) {
                    greens.clear();
                }
                let most = cache.min(40);
                let from = 280 + self.chance.below(cache - most + 1);
                greens.extend(from..from + 1 + self.chance.below(most));
            }
            let green = self.code(greens, 280 + cache);
            let others = [values.reds, 256, 256].map(|end| {
                let many = if self.chance.one_in(2) { 1 } else { 1 + self.chance.below(100) };
                let symbols = self.symbols(end, many);
                self.code(symbols, 256)
            });
            let distances =
                if copies { self.symbols(39, 12).into_iter().chain([0, 1]).collect() } else { vec![0] };
            let distance = self.code(distances, 40);
            codes.push((green, others, distance));
        }
        let (mut pixels, mut cached) = (vec![], vec![0; cache]);
        while pixels.len() < width * height {
            let done = pixels.len();
            let group = blocks.as_ref().map_or(0, |(bits, columns, numbers)| {
                numbers[((done / width) >> bits) * columns + ((done % width) >> bits)]
            });
            let (green, others, distance) = &codes[group];
            let symbol = green.symbols[self.chance.below(green.symbols.len())];
            let emit = |writer: &mut Writer, code: &Code, symbol: usize| {
                let (bits, count) = code.bits[symbol];
                writer.put(bits, count);
            };
            if symbol < 256 {
                emit(self, green, symbol);
                let [red, blue, alpha] = others.each_ref().map(|code| {
                    let symbol = code.symbols[self.chance.below(code.symbols.len())];
                    emit(self, code, symbol);
                    symbol as u32
                });
                pixels.push(alpha << 24 | red << 16 | (symbol as u32) << 8 | blue);
            } else if symbol >= 280 {
                emit(self, green, symbol);
                pixels.push(cached[symbol - 280]);
            } else {
                let Some((length, length_bits)) = self.value(symbol - 256, width * height - done) else {
                    continue;
                };
                let far = distance.symbols[self.chance.below(distance.symbols.len())];
                let Some((code, code_bits)) = self.value(far, usize::MAX) else { continue };
                let Some(back) = back(code, width).filter(|&back| back <= done) else { continue };
                emit(self, green, symbol);
                self.put(length_bits.0, length_bits.1);
                emit(self, distance, far);
                self.put(code_bits.0, code_bits.1);
                (0..length).for_each(|at| pixels.push(pixels[done - back + at]));
            }
            for &argb in pixels[done..].iter().filter(|_| cache > 0) {
                cached[(argb.wrapping_mul(0x1e35_a7bd) >> (32 - cache.ilog2())) as usize] = argb;
            }
        }
        pixels
    }

    /// A value of a prefix symbol that is at most `most`, and its extra bits.
    fn value(&mut self, symbol: usize, most: usize) -> Option<(usize, (u32, u32))> {
        if symbol < 4 {
            return (symbol < most).then_some((symbol + 1, (0, 0)));
        }
        let count = (symbol - 2) / 2;
        let extra = if self.chance.one_in(4) { 0 } else { self.chance.below(1 << count) };
        let value = ((2 + symbol % 2) << count) + extra + 1;
        (value <= most).then_some((value, (extra as u32, count as u32)))
    }

    /// So many symbols below `end`, or fewer.
    fn symbols(&mut self, end: usize, many: usize) -> Vec<usize> {
        (0..many).map(|_| self.chance.below(end)).collect()
    }

    /// Writes a code of these symbols, of any shape.
    fn code(&mut self, mut symbols: Vec<usize>, alphabet: usize) -> Code {
        symbols.sort_unstable();
        symbols.dedup();
        let mut lengths = vec![0u8; alphabet];
        if let [first, rest @ ..] = &symbols[..] {
            let first = *first;
            lengths[first] = u8::from(!rest.is_empty());
            // The first symbol's code is split for each one that joins.
            let mut leaves = vec![first];
            for &symbol in rest {
                let open: Vec<_> = leaves.iter().copied().filter(|&leaf| lengths[leaf] < 15).collect();
                let leaf = open[self.chance.below(open.len())];
                if leaves.len() > 1 {
                    lengths[leaf] += 1;
                }
                lengths[symbol] = lengths[leaf];
                leaves.push(symbol);
            }
        }
        match symbols[..] {
            [only] if only < 256 && !self.chance.one_in(4) => {
                self.stream = std::mem::take(&mut self.stream).single(only as u32);
            }
            [low, high] if high < 256 => {
                let turned = self.pairs == Pairs::AnyOrder && self.chance.one_in(2);
                let (first, second) = if turned { (high, low) } else { (low, high) };
                self.stream = std::mem::take(&mut self.stream).pair(first as u32, second as u32);
            }
            [only] => {
                lengths[only] = 1 + self.chance.below(15) as u8;
                self.lengths(&lengths);
                lengths[only] = 0;
            }
            _ => self.lengths(&lengths),
        }
        Code { symbols, bits: canonical(&lengths) }
    }

    /// Section 3.7.2.1.2, with repeats where they fit: thirteen code length codes of four bits, six of five.
    fn lengths(&mut self, lengths: &[u8]) {
        self.put(0, 1);
        self.put(15, 4);
        let code_lengths: Vec<u8> = (0..19).map(|symbol| if symbol < 13 { 4 } else { 5 }).collect();
        for symbol in [17usize, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] {
            self.put(code_lengths[symbol].into(), 3);
        }
        self.put(0, 1);
        let codes = canonical(&code_lengths);
        let (mut at, mut previous) = (0, 8);
        while at < lengths.len() {
            let length = lengths[at];
            let run = lengths[at..].iter().take_while(|&&other| other == length).count();
            let (symbol, extra, count, times) = match run {
                11.. if length == 0 => (18, run.min(138) - 11, 7, run.min(138)),
                3.. if length == 0 => (17, run.min(10) - 3, 3, run.min(10)),
                3.. if length == previous => (16, run.min(6) - 3, 2, run.min(6)),
                _ => (usize::from(length), 0, 0, 1),
            };
            self.put(codes[symbol].0, codes[symbol].1);
            self.put(extra as u32, count);
            at += times;
            if length > 0 {
                previous = length;
            }
        }
    }
}

/// How far a distance code goes back, if the answer does not need the table of near codes.
fn back(code: usize, width: usize) -> Option<usize> {
    match code {
        1 => Some(width),
        2 => Some(1),
        3 => Some(width + 1),
        NEAR => Some(8 + 7 * width),
        4..NEAR => Some(8 + 7 * width).filter(|_| width > 8),
        _ => Some(code - NEAR),
    }
}

/// The bits of each symbol, the first lowest, and how many.
fn canonical(lengths: &[u8]) -> Vec<(u32, u32)> {
    let mut codes = vec![(0, 0); lengths.len()];
    let mut next = 0u32;
    for length in 1..=15u8 {
        next <<= 1;
        for (code, _) in codes.iter_mut().zip(lengths).filter(|&(_, &other)| other == length) {
            *code = (next.reverse_bits() >> (32 - u32::from(length)), length.into());
            next += 1;
        }
    }
    codes
}
