//! Reports as the specification has them, and as it does not.

use super::*;

fn put(body: &str) -> Option<Record> {
    match parse(body.as_bytes(), Moment::default()) {
        Some(Report::Put(record)) => Some(record),
        _ => None,
    }
}

fn records(bodies: &[&str]) -> Records {
    let mut records = Records::default();
    for body in bodies {
        if let Some(report) = parse(body.as_bytes(), Moment::default()) {
            records.take(report);
        }
    }
    records
}

fn doing(records: &Records) -> Option<(&str, Doing)> {
    let record = records.decisive()?;
    Some((&record.id, record.doing))
}

#[test]
fn a_report_is_read_with_everything_in_it() {
    let body = "state=blocked:app=claude-code:kind=permission:msg=YXBwcm92ZSBCYXNoOiBscw==:progress=40:id=a/b:title=VGVzdHM:new=x";
    let record = put(body).expect("a record");
    assert_eq!(record.doing, Doing::Blocked);
    assert_eq!(record.kind, Some(Kind::Permission));
    assert_eq!(record.message, "approve Bash: ls");
    assert_eq!((&record.app[..], &record.id[..]), ("claude-code", "a/b"));
    assert_eq!((&record.title[..], record.progress), ("Tests", Some(40)));
}

#[test]
fn kind_and_progress_are_for_the_states_that_have_them() {
    assert_eq!(put("state=working:kind=permission").unwrap().kind, None);
    assert_eq!(put("state=done:progress=50").unwrap().progress, None);
    assert_eq!(put("state=blocked:kind=later").unwrap().kind, None);
    assert_eq!(put("state=working:progress=101"), None);
}

#[test]
fn a_report_that_is_not_as_specified_changes_nothing() {
    let long = |n| "x".repeat(n);
    let bad = [
        String::new(),
        "working".into(),
        "state=".into(),
        "state=dancing".into(),
        "app=x".into(),
        "state=working:msg=%%%".into(),
        "state=working:msg=/w==".into(),
        format!("state=working:{}=x", long(17)),
        format!("state=working:app={}", long(33)),
        format!("state=working:id={}", long(129)),
        "state=working:id=a//b".into(),
        "state=working:id=".into(),
        "state=clear:id=".into(),
        "state=working:id=1/2/3/4/5/6/7/8/9".into(),
        // 2,049 and 193 bytes, decoded.
        format!("state=working:msg={}", "eHh4".repeat(683)),
        format!("state=working:title={}", "eHh4".repeat(65)),
        format!("state=working:{}", "a=b:".repeat(1_100)),
    ];
    for body in bad {
        assert_eq!(parse(body.as_bytes(), Moment::default()), None, "{body}");
    }
    assert_eq!(parse(b"state=working:app=\xff", Moment::default()), None);
}

#[test]
fn a_message_shows_nothing_that_leads_astray() {
    // "a\x1b[31m\nb\u{202e}c"
    let record = put("state=working:msg=YRtbMzFtCmLigK5j").expect("a record");
    assert_eq!(record.message, "a[31m bc");
}

#[test]
fn each_report_replaces_its_whole_record() {
    let records = records(&["state=working:app=x:progress=4", "state=done"]);
    let record = records.decisive().expect("a record");
    assert_eq!((record.progress, &record.app[..]), (None, ""));
}

#[test]
fn clear_takes_a_record_with_those_below_it_and_without_id_all() {
    let all = ["state=idle", "state=working:id=a/b", "state=working:id=ab"];
    let with = |last: &str| records(&[&all[..], &[last]].concat());
    assert_eq!(with("state=clear:id=a").0.len(), 2);
    assert_eq!(with("state=clear:id=a/b").0.len(), 2);
    assert_eq!(with("state=clear").0.len(), 0);
}

#[test]
fn what_waits_for_the_person_decides_then_the_programs_own_record() {
    assert_eq!(doing(&records(&[])), None);
    let both = ["state=idle", "state=working:id=a"];
    assert_eq!(doing(&records(&both)), Some(("", Doing::Idle)));
    assert_eq!(records(&both).working_beside(), 1);
    let asks = ["state=working", "state=blocked:id=a", "state=working:id=b"];
    assert_eq!(doing(&records(&asks)), Some(("a", Doing::Blocked)));
    let children = ["state=done:id=a", "state=working:id=b"];
    assert_eq!(doing(&records(&children)), Some(("b", Doing::Working)));
}

#[test]
fn a_name_is_taken_from_the_nearest_record_above() {
    let records = records(&[
        "state=idle:app=top",
        "state=idle:id=a:app=mid",
        "state=working:id=a/b/c",
        "state=working:id=x",
    ]);
    let app = |id: &str| records.app(records.0.iter().find(|it| it.id == id).unwrap());
    assert_eq!((app("a/b/c"), app("x"), app("")), ("mid", "top", "top"));
}

#[test]
fn a_prompt_ends_what_worked_or_waited_and_keeps_what_ended() {
    let mut records = records(&["state=done", "state=working:id=a", "state=blocked:id=b"]);
    records.prompted();
    assert_eq!(records.0.len(), 1);
    records.next_command();
    assert_eq!(records.0.len(), 0);
}

#[test]
fn program_status_records_max_are_kept_and_the_oldest_goes() {
    let mut records = Records::default();
    for n in 0..2 * PROGRAM_STATUS_RECORDS_MAX {
        let report = parse(
            format!("state=working:id=r{n}").as_bytes(),
            Moment::default(),
        );
        records.take(report.expect("a report"));
    }
    assert_eq!(records.0.len(), PROGRAM_STATUS_RECORDS_MAX);
    assert_eq!(records.0[0].id, format!("r{PROGRAM_STATUS_RECORDS_MAX}"));
}
