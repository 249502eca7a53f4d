package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	nodefast "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	podfast "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
	"sigs.k8s.io/kwok/pkg/apis/internalversion"
	"sigs.k8s.io/kwok/pkg/client/clientset/versioned"
	"sigs.k8s.io/kwok/pkg/config"
	"sigs.k8s.io/kwok/pkg/kwok/controllers"
	"sigs.k8s.io/kwok/pkg/utils/client"
)

// Runs kwok's controllers, which make a fake node and its pods Ready at once. Kwok's own command has
// a server beside them that wants other versions of the packages that all parts here share.
func runKwok(arguments []string) error {
	flags := pflag.NewFlagSet("kwok", pflag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the cluster")
	all := flags.Bool("manage-all-nodes", false, "manage every node; there is no other way here")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *kubeconfig == "" || !*all {
		return errors.New("usage: kwok --kubeconfig FILE --manage-all-nodes")
	}

	stages := map[internalversion.StageResourceRef][]*internalversion.Stage{}
	for _, text := range []string{nodefast.DefaultNodeInit, podfast.DefaultPodReady,
		podfast.DefaultPodComplete, podfast.DefaultPodDelete} {
		stage, err := config.UnmarshalWithType[*internalversion.Stage](text)
		if err != nil {
			return err
		}
		stages[stage.Spec.ResourceRef] = append(stages[stage.Spec.ResourceRef], stage)
	}

	settings, err := controllersConfig(*kubeconfig)
	if err != nil {
		return err
	}
	settings.ManageAllNodes = true
	settings.LocalStages = stages
	controller, err := controllers.NewController(*settings)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := controller.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func controllersConfig(kubeconfig string) (*controllers.Config, error) {
	id, err := controllers.Identity()
	if err != nil {
		return nil, err
	}
	clients, err := client.NewClientset("", kubeconfig)
	if err != nil {
		return nil, err
	}
	restConfig, err := clients.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	restConfig.QPS, restConfig.Burst = 1000, 2000
	dynamicClient, err := clients.ToDynamicClient()
	if err != nil {
		return nil, err
	}
	mapper, err := clients.ToRESTMapper()
	if err != nil {
		return nil, err
	}
	restClient, err := rest.RESTClientFor(restConfig)
	if err != nil {
		return nil, err
	}
	typed, err := kubernetes.NewForConfig(restConfig)
	if err != nil {
		return nil, err
	}
	own, err := versioned.NewForConfig(restConfig)
	if err != nil {
		return nil, err
	}
	return &controllers.Config{
		Clock:                      clock.RealClock{},
		DynamicClient:              dynamicClient,
		RESTClient:                 restClient,
		RESTMapper:                 mapper,
		ImpersonatingDynamicClient: clients.ToImpersonatingDynamicClient(),
		ImpersonatingTypedClient:   clients.ToImpersonatingTypedClient(),
		TypedClient:                typed,
		TypedKwokClient:            own,
		CIDR:                       "10.1.0.0/16",
		NodeIP:                     "127.0.0.1",
		NodeName:                   "localhost",
		NodePort:                   10250,
		PodPlayStageParallelism:    8,
		NodePlayStageParallelism:   1,
		PodsOnNodeSyncParallelism:  4,
		NodeLeaseParallelism:       1,
		ID:                         id,
	}, nil
}
