//! Which agents are installed.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Provider;

/// Returns where the first of a provider's programs is that this process would start by its name.
#[must_use]
pub fn program(provider: &Provider) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut programs = provider.programs.iter();
    programs.find_map(|program| found(program, &folders))
}

fn found(program: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|path| runs(path));
    }
    let mut paths = folders.iter().map(|folder| folder.join(program));
    paths.find(|path| runs(path))
}

fn runs(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_a_file_that_may_be_run() {
        let folder = tempfile::tempdir().unwrap();
        let folders = [PathBuf::from("/nonexistent"), folder.path().to_owned()];
        let file = folder.path().join("claude");
        assert_eq!(found("claude", &folders), None);
        std::fs::write(&file, "").unwrap();
        assert_eq!(found("claude", &folders), None, "it may not be run");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(found("claude", &folders), Some(file.clone()));
        assert_eq!(found(file.to_str().unwrap(), &[]), Some(file));
    }
}
