//! Where no window can be opened, one sentence says why and what to do, and the exit code tells a script.

use std::fs;

use super::stage::Stage;
use crate::agor::{Agor, Done, agor};

/// Returns an agor for windows that need no display.
fn without_stage() -> Agor {
    // Before the test's time begins.
    agor();
    Agor::new()
}

fn run(agor_of: &Agor, variables: &[(&str, &str)], args: &[&str]) -> Done {
    let mut command = agor_of.command_of(agor(), args);
    command.envs(variables.iter().copied());
    command.output().expect("agor runs").into()
}

/// Checks that a person reads one sentence, without a trace of where in the program it was made.
fn is_one_sentence(done: &Done, code: i32) {
    assert_eq!(done.code, code, "{done:?}");
    assert_eq!(done.stdout, "", "{done:?}");
    let said = done.stderr.trim_end();
    assert!(!said.is_empty() && !said.contains('\n'), "{said}");
    assert!(
        !said.contains("panicked") && !said.contains(".rs:"),
        "{said}"
    );
}

/// What leaves no driver, neither for Vulkan nor for OpenGL.
const NO_DRIVER: &[(&str, &str)] = &[
    ("VK_ICD_FILENAMES", "/dev/null"),
    ("VK_DRIVER_FILES", "/dev/null"),
    ("__EGL_VENDOR_LIBRARY_FILENAMES", "/dev/null"),
];

#[test]
fn without_a_display_it_says_so() {
    let agor = without_stage();
    for variables in [
        &[][..],
        &[("DISPLAY", "")],
        &[("DISPLAY", ":4711")],
        &[("WAYLAND_DISPLAY", "no-such-display")],
    ] {
        let done = run(&agor, variables, &[]);
        is_one_sentence(&done, 27);
        assert!(done.stderr.contains("display"), "{done:?}");
    }
    assert_eq!(agor.host_pid(), None, "no host was started for it");
}

#[test]
fn without_a_driver_it_says_which_to_install() {
    let mut stage = Stage::new();
    let display = stage.display_name();
    let variables = [NO_DRIVER, &[("DISPLAY", display.as_str())]].concat();
    let done = run(&stage.agor, &variables, &[]);
    is_one_sentence(&done, 28);
    assert!(done.stderr.contains("driver"), "{done:?}");
    let picture = stage.agor.path("shot.png");
    let picture = picture.to_str().expect("utf-8");
    let done = run(&stage.agor, NO_DRIVER, &["shot", "--out", picture]);
    is_one_sentence(&done, 28);
    assert!(!fs::exists(picture).expect("a folder"), "no empty picture");
    // The same display and host will do with a driver.
    let window = stage.start(&["-e", "true"]);
    assert_eq!(window.ends().code, 0);
}

#[test]
fn a_picture_needs_no_display_and_has_the_size_that_was_asked_for() {
    let mut agor = without_stage();
    agor.start_host();
    let session = agor.session("seq 1 100; echo the end; sleep 600");
    agor.screen_with(&session, "the end");
    let picture = agor.path("shot.png");
    let out = picture.to_str().expect("utf-8");
    let done = run(&agor, &[], &["shot", "--out", out, "--size", "800x500"]);
    assert_eq!(done.code, 0, "{done:?}");
    let png = fs::read(&picture).expect("a picture");
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
    assert_eq!((number(16), number(20)), (800, 500));
    // Text compresses badly; one colour would fit in a few hundred bytes.
    assert!(png.len() > 5_000, "{} bytes show nothing", png.len());
    assert_eq!(agor.info(&session)["life"], "running");
}
