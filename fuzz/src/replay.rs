//! Replays the corpora: each found a path of the code, or a defect that is mended.

use std::fs;
use std::path::Path;

use crate::TARGETS;

#[test]
fn every_target_holds_on_its_corpus() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, run) in TARGETS {
        let mut count = 0;
        for entry in fs::read_dir(corpora.join(name)).expect(name) {
            let path = entry.expect(name).path();
            println!("{}", path.display()); // the last line before a failure names the bytes
            run(&fs::read(path).expect(name));
            count += 1;
        }
        assert!(count > 0, "{name} has no corpus");
    }
}

#[test]
fn every_corpus_and_every_program_has_a_target() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["corpus", "fuzz_targets"] {
        let names = fs::read_dir(root.join(folder)).expect(folder).map(|entry| {
            let path = entry.expect(folder).path();
            path.file_stem().expect(folder).to_string_lossy().into_owned()
        });
        let mut names: Vec<String> = names.collect();
        names.sort();
        assert_eq!(names, TARGETS.map(|(name, _)| name.to_owned()), "{folder}");
    }
}
