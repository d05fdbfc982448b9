package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// shutdownLimit is how long running operations may take to end once the hub is told to stop.
const shutdownLimit = 15 * time.Second

type stoppingKey struct{}

// stopping is closed when the hub is told to stop: operations then end by themselves, streams must.
func stopping(ctx context.Context) <-chan struct{} {
	done, _ := ctx.Value(stoppingKey{}).(<-chan struct{})
	return done
}

func withStopping(stop <-chan struct{}) func(net.Listener) context.Context {
	return func(net.Listener) context.Context {
		return context.WithValue(context.Background(), stoppingKey{}, stop)
	}
}

// Serve answers on the listener until ctx ends. It then takes no more requests, waits for those that run, at most
// 15 seconds, and returns nil if all of them ended.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       20 * time.Second,
		WriteTimeout:      20*time.Second + operationLimit + 20*time.Second, // reading, running, writing
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), stoppingKey{}, ctx.Done())
		},
	}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping", "wait", shutdownLimit.String())
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownLimit)
	defer cancel()
	err := s.Shutdown(wait)
	if errors.Is(err, context.DeadlineExceeded) {
		_ = s.Close()
	}
	return err
}
