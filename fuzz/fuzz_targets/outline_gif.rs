#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fic_testkit::targets::outline::gif(data));
