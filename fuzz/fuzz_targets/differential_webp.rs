#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| fic_testkit::targets::differential::webp::webp(data));

// Three times in four what the mutation broke first is mended, so that the rest of the file is reached.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let size = fuzzer_mutate(data, size, max_size);
    if seed % 4 != 0 {
        fic_testkit::mutate::riff_sizes(&mut data[..size]);
    }
    size
});
