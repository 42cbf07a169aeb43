#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pay4power_auth_fuzz::responses::run(bytes));
