//! The allocator. What it takes back it overwrites with zeros: what crosses the border, what serde reads
//! and what grows leave copies behind, of which nobody but the allocator knows.

use std::alloc::{GlobalAlloc, Layout};

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

/// Less than half of what the standard library's weighs.
struct Allocator(WasmDynamicTalc);

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(new_wasm_dynamic_allocator());

#[expect(unsafe_code, reason = "an allocator can't be written without")]
// SAFETY: talc's allocator does it all. Nobody reads what is given back, so it may be overwritten.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are the same.
        unsafe { self.0.alloc(layout) }
    }

    // What is to grow or shrink is copied by the trait itself, and given back here.
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the same, and `memory` has that size.
        unsafe {
            memory.write_bytes(0, layout.size());
            self.0.dealloc(memory, layout);
        }
    }
}
