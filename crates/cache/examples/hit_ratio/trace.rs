//! Requests by Zipf's law, and how often two orders of eviction have what is asked for.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::policy::S3Fifo;

/// Names that are asked for again and again.
const NAMES: usize = 20_000;
const REQUESTS: usize = 400_000;
/// The exponent of Zipf's law; 0.8 to 1.0 is what pictures on the web show.
const EXPONENT: f64 = 0.9;

/// The caches that are tried: one part in so many of all names' bytes.
pub(crate) const CAPACITIES: [u64; 6] = [200, 100, 50, 20, 10, 5];

/// Which requests come.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trace {
    Zipf,
    ZipfWithScans,
}

impl Trace {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Trace::Zipf => "Zipf 0.9",
            Trace::ZipfWithScans => "Zipf 0.9, a fifth of it scans",
        }
    }

    /// The bytes of all names that come more than once.
    pub(crate) fn all_bytes(self) -> u64 {
        (0..NAMES as u64).map(weight).sum()
    }

    /// The names in the order of their requests, the same each time.
    pub(crate) fn requests(self) -> Vec<u64> {
        let mut sums: Vec<f64> = (1..=NAMES).map(|rank| (rank as f64).powf(-EXPONENT)).collect();
        for at in 1..sums.len() {
            sums[at] += sums[at - 1];
        }
        let total = sums[NAMES - 1];
        let mut random = Random(0x2545_f491_4f6c_dd1d);
        let mut scanned = NAMES as u64;
        (0..REQUESTS)
            .map(|at| {
                if matches!(self, Trace::ZipfWithScans) && (at / 1000) % 5 == 4 {
                    scanned += 1;
                    return scanned;
                }
                let place = random.next() * total;
                sums.partition_point(|&sum| sum < place) as u64
            })
            .collect()
    }
}

/// The bytes of a name.
fn weight(name: u64) -> u64 {
    4096 * (1 + (name.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % 17)
}

/// The part of the requests that the cache's own order has.
pub(crate) fn ratio_of_s3_fifo(requests: &[u64], capacity: u64) -> f64 {
    let mut queues: S3Fifo<u64> = S3Fifo::new();
    let mut hits = 0;
    for name in requests {
        if let Some(visits) = queues.visits(name) {
            visits.note();
            hits += 1;
            continue;
        }
        while queues.weight() + weight(*name) > capacity {
            if queues.evict().is_none() {
                break;
            }
        }
        queues.insert(*name, weight(*name), Arc::default());
    }
    f64::from(hits) / requests.len() as f64
}

/// The part of the requests that least-recently-used has.
pub(crate) fn ratio_of_lru(requests: &[u64], capacity: u64) -> f64 {
    let (mut used, mut order): (HashMap<u64, usize>, BTreeMap<usize, u64>) = Default::default();
    let (mut bytes, mut hits) = (0, 0);
    for (now, name) in requests.iter().enumerate() {
        if let Some(before) = used.insert(*name, now) {
            order.remove(&before);
            hits += 1;
        } else {
            while bytes + weight(*name) > capacity {
                let Some((_, oldest)) = order.pop_first() else { break };
                used.remove(&oldest);
                bytes -= weight(oldest);
            }
            bytes += weight(*name);
        }
        order.insert(now, *name);
    }
    f64::from(hits) / requests.len() as f64
}

/// Numbers from 0 to 1, the same each time (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
