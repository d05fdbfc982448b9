package audit

import (
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Tree is the tree of hashes over the records so far (RFC 6962), as far as it takes to add the next and to know the root.
// The zero Tree is empty.
type Tree struct {
	Size   int64
	hashes map[int64]tlog.Hash // of the whole subtrees that it is made of, by stored index
}

// Frontier lists the stored indexes of the whole subtrees that make up the tree over so many records.
func Frontier(size int64) (indexes []int64) {
	var done int64
	for level := bits.Len64(uint64(size)) - 1; level >= 0; level-- {
		if size&(1<<level) != 0 {
			indexes = append(indexes, tlog.StoredHashIndex(level, done>>level))
			done += 1 << level
		}
	}
	return indexes
}

// NewTree continues the tree over so many records, whose Frontier has these hashes.
func NewTree(size int64, frontier []tlog.Hash) *Tree {
	t := &Tree{Size: size, hashes: map[int64]tlog.Hash{}}
	for i, index := range Frontier(size) {
		t.hashes[index] = frontier[i]
	}
	return t
}

// ReadHashes gives the tree to tlog.
func (t *Tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		list[i] = t.hashes[index]
	}
	return list, nil
}

// Add puts the hash of the next record into the tree and returns what is stored for it, from its own stored index on.
func (t *Tree) Add(record tlog.Hash) []tlog.Hash {
	stored, err := tlog.StoredHashesForRecordHash(t.Size, record, t)
	if err != nil {
		panic(err) // only where ReadHashes fails
	}
	if t.hashes == nil {
		t.hashes = map[int64]tlog.Hash{}
	}
	first := tlog.StoredHashIndex(0, t.Size)
	for i, h := range stored {
		t.hashes[first+int64(i)] = h
	}
	t.Size++
	kept := make(map[int64]tlog.Hash, bits.OnesCount64(uint64(t.Size)))
	for _, index := range Frontier(t.Size) {
		kept[index] = t.hashes[index]
	}
	t.hashes = kept
	return stored
}

// Root is the hash that stands for all records and their order.
func (t *Tree) Root() tlog.Hash {
	root, err := tlog.TreeHash(t.Size, t)
	if err != nil {
		panic(err) // only where ReadHashes fails
	}
	return root
}

// SizeOf is how many records have so many stored hashes, -1 where no number of records has.
func SizeOf(hashes int64) int64 {
	if hashes == 0 {
		return 0
	}
	level, n := tlog.SplitStoredHashIndex(hashes - 1)
	size := (n + 1) << level
	if tlog.StoredHashCount(size) != hashes {
		return -1
	}
	return size
}
