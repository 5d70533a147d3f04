"""What several sources share: CAP documents, feeds of them, Chinese warning texts, stamps."""
