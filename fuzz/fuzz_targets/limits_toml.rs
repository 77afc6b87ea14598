#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fic_testkit::targets::policy::limits_toml(data));
