//! Bytes of a ring or a segment: every record is one of ours or an error, and none is longer than what is
//! there.
#![no_main]

use agor_proto::ids::Offset;
use agor_proto::record;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut end = Offset(0);
    for raw in record::records(data, Offset(0)) {
        let Ok(raw) = raw else { break };
        assert!(raw.offset == end && raw.end > raw.offset);
        assert!(raw.end.0 <= data.len() as u64);
        end = raw.end;
        if let Ok(record) = raw.to_record() {
            let mut bytes = Vec::new();
            record.encode(&mut bytes);
            let again = record::records(&bytes, Offset(0)).next().expect("a record");
            let again = again.expect("a record of ours").to_record();
            assert!(again.expect("a kind of ours") == record);
        }
    }
});
