//! The order of eviction is worth its while: more hits than least-recently-used, with and without scans.

#[allow(dead_code, reason = "the cache uses the rest")]
#[path = "../src/policy.rs"]
mod policy;
#[path = "../examples/hit_ratio/trace.rs"]
mod trace;

use trace::{CAPACITIES, Trace, ratio_of_lru, ratio_of_s3_fifo};

#[test]
fn more_hits_than_least_recently_used_at_every_size_with_and_without_scans() {
    for trace in [Trace::Zipf, Trace::ZipfWithScans] {
        let requests = trace.requests();
        for part in CAPACITIES {
            let capacity = trace.all_bytes() / part;
            let (s3, lru) = (ratio_of_s3_fifo(&requests, capacity), ratio_of_lru(&requests, capacity));
            assert!(s3 > lru, "{}: {s3} against {lru} at 1/{part}", trace.title());
        }
    }
}
