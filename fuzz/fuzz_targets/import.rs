#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| signline_fuzz::import::check(input));
