package disclosure

import (
	"math"
	"strconv"
	"testing"
)

// TestGaussian: the noise has mean 0 and the deviation that it should have, each point always the same, and goes far out.
func TestGaussian(t *testing.T) {
	for _, sigma := range []float64{3, 6, 11} {
		const n = 20000
		sum, squares, most := 0.0, 0.0, int64(0)
		for i := range n {
			seed := prf([]byte("key"), "noise", strconv.Itoa(i))
			k := gaussian(seed, sigma)
			if gaussian(seed, sigma) != k {
				t.Fatal("another answer")
			}
			sum, squares, most = sum+float64(k), squares+float64(k*k), max(most, k)
		}
		mean, deviation := sum/n, math.Sqrt(squares/n)
		if math.Abs(mean) > 4*sigma/math.Sqrt(n) || math.Abs(deviation/sigma-1) > 0.03 || float64(most) < 3*sigma {
			t.Errorf("sigma %v: mean %.2f, deviation %.2f, most %d", sigma, mean, deviation, most)
		}
	}
}

// TestParts: the parts of a pseudo-random function do not run into each other.
func TestParts(t *testing.T) {
	if string(prf([]byte("key"), "ab", "c")) == string(prf([]byte("key"), "a", "bc")) || string(prf([]byte("key"), "a")) == string(prf([]byte("kez"), "a")) {
		t.Error("two seeds are the same")
	}
}
